(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const root = document.documentElement;
  root.classList.add("js");

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (parent, name, attributes = {}, text = "") => {
    const element = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    parent.append(element);
    return element;
  };
  const round = (value) => Math.round(value * 10) / 10;

  // --- One thing in three places: signal, atoms, row. Every view registers what it shows of a row.

  const lit = new Set();
  let kept = null;
  const rowsOfAtom = new Map();
  data.atoms.forEach((atoms, row) => atoms.forEach((atom) => rowsOfAtom.set(atom, [row])));

  function show() {
    for (const element of all("[data-row]")) element.classList.toggle("lit", lit.has(Number(element.dataset.row)));
    for (const element of all("[data-rows]")) {
      element.classList.toggle("lit", element.dataset.rows.split(" ").some((row) => row && lit.has(Number(row))));
    }
    const atoms = new Set([...lit].flatMap((row) => data.atoms[row]));
    const carriers = new Set([...atoms].map((atom) => data.carrier[atom - 1]));
    for (const element of all("svg.structure [data-a]")) {
      const own = element.dataset.a.split(" ").map(Number);
      if (element.classList.contains("atom")) element.classList.toggle("near", own.some((atom) => carriers.has(atom)));
      else element.classList.toggle("lit", own.some((atom) => atoms.has(atom)));
    }
    if (turn) turn(atoms);
  }

  function light(rows) {
    if (rows.length === lit.size && rows.every((row) => lit.has(row))) return;
    lit.clear();
    rows.forEach((row) => lit.add(row));
    show();
  }

  function rowsAt(target) {
    const signal = target.closest("[data-row]");
    if (signal) return [Number(signal.dataset.row)];
    const measured = target.closest("[data-rows]");
    if (measured) return measured.dataset.rows.split(" ").filter(Boolean).map(Number);
    const atom = target.closest("svg.structure [data-a]");
    if (!atom) return null;
    const numbers = atom.dataset.a.split(" ").map(Number);
    const own = numbers.flatMap((number) => rowsOfAtom.get(number) || []);
    if (own.length) return [...new Set(own)];
    const hydrogens = data.carrier.map((carrier, index) => (numbers.includes(carrier) ? index + 1 : 0));
    return [...new Set(hydrogens.flatMap((number) => rowsOfAtom.get(number) || []))];
  }

  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const rows = rowsAt(event.target);
      if (rows) light(rows);
      else if (kind === "pointerover") light(kept || []);
    });
  }
  document.addEventListener("click", (event) => {
    if (dragged) return;
    const rows = rowsAt(event.target);
    if (!rows && event.target.closest("button, input, label, a, summary")) return;
    kept = rows && rows.length ? rows : null;
    light(kept || []);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    kept = null;
    light([]);
  });

  // --- Spectra. The same drawing as the one that stands in the page, over what is zoomed to.

  const LEFT = 14, RIGHT = 14, LABELS = 92, PLOT = 150, WHISKERS = 26, AXIS = 34, GAP = 10, MEASURED = 118;
  const LABEL_WIDTH = 12, SHADE = 0.5, WHISKER_ROWS = 4;
  const RATIO_BEFORE = data.protonMhz;
  const FIELDS = [60, 80, 90, 100, 200, 300, 400, 500, 600, 700, 800, 1000, 1200];
  let protonMhz = data.protonMhz, lineWidth = data.lineWidthHz, dragged = false;

  function spread(wanted, width, low, high) {
    const groups = [];
    for (const place of wanted) {
      groups.push({ total: place, count: 1, first: place });
      for (;;) {
        const last = groups[groups.length - 1], before = groups[groups.length - 2];
        last.first = Math.min(Math.max(last.total / last.count, low), Math.max(low, high - (last.count - 1) * width));
        if (!before || before.first + before.count * width <= last.first) break;
        groups.pop();
        before.total += last.total - last.count * before.count * width;
        before.count += last.count;
      }
    }
    return groups.flatMap((group) => Array.from({ length: group.count }, (_, k) => group.first + k * width));
  }

  function whiskerRows(ends) {
    const free = new Array(WHISKER_ROWS).fill(-Infinity);
    return ends.map(([left, right]) => {
      let row = free.findIndex((end) => left > end + 2);
      if (row < 0) row = free.indexOf(Math.min(...free));
      free[row] = Math.max(free[row], right);
      return row;
    });
  }

  function tickStep(span, most) {
    const rough = span / most, power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 5, 10].find((factor) => power * factor >= rough * (1 - 1e-9));
  }

  class Spectrum {
    constructor(svg, spectrum) {
      this.svg = svg;
      this.spectrum = spectrum;
      this.decimals = spectrum.nucleus === "1H" ? 2 : 1;
      [this.high, this.low] = spectrum.view_ppm;
      this.width = 960;
      this.listen();
    }

    get mhz() { return (this.spectrum.frequency_mhz * protonMhz) / RATIO_BEFORE; }

    x(ppm) { return LEFT + ((this.high - ppm) / (this.high - this.low)) * (this.width - LEFT - RIGHT); }

    ppm(x) { return this.high - ((x - LEFT) / (this.width - LEFT - RIGHT)) * (this.high - this.low); }

    sees(ppm) { return ppm <= this.high && ppm >= this.low; }

    zoom(high, low) {
      const [most, least] = this.spectrum.view_ppm, span = most - least;
      const smallest = this.spectrum.nucleus === "1H" ? 0.02 : 0.2;
      if (high - low < smallest) return;
      this.high = Math.min(high, most + span);
      this.low = Math.max(low, least - span);
      this.draw();
    }

    by(factor, centre = (this.high + this.low) / 2) {
      this.zoom(centre + (this.high - centre) * factor, centre - (centre - this.low) * factor);
    }

    reset() { this.zoom(...this.spectrum.view_ppm); }

    draw() {
      const { svg, spectrum } = this;
      this.width = Math.max(280, svg.clientWidth || 960);
      const base = LABELS + PLOT, axis = base + WHISKERS;
      const height = axis + AXIS + (spectrum.measured.length ? GAP + MEASURED : 0);
      svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
      svg.replaceChildren();
      const clip = make(make(make(svg, "defs"), "clipPath", { id: `plot-${spectrum.nucleus}` }), "rect");
      clip.setAttribute("width", this.width - LEFT - RIGHT);
      clip.setAttribute("x", LEFT);
      clip.setAttribute("height", height);
      const plot = make(svg, "g", { "clip-path": `url(#plot-${spectrum.nucleus})` });
      this.shade(plot, base);
      this.solvent(plot, base);
      const heights = this.curve(plot, base);
      this.signals(svg, base, heights);
      this.axis(svg, axis);
      if (spectrum.measured.length) this.measured(svg, axis + AXIS + GAP);
      svg.dataset.high = this.high;
      svg.dataset.low = this.low;
      show();
    }

    path(points) {
      return `M${points.map(([x, y]) => `${round(x)},${round(y)}`).join("L")}`;
    }

    curve(parent, base) {
      const half = lineWidth / this.mhz / 2, steps = [0, 0.4, 0.8, 1.5, 3, 6, 12, 25].map((k) => k * half);
      const { signals } = this.spectrum;
      const lines = signals.flatMap((s) => s.lines.map(([hz, size]) => [s.ppm + hz / this.mhz, size]));
      const at = (ppm) => lines.reduce((sum, [place, size]) => sum + size / (1 + ((ppm - place) / half) ** 2), 0);
      const ppms = Array.from({ length: Math.round(this.width / 2) + 1 }, (_, k) => this.ppm(LEFT + 2 * k));
      for (const [place] of lines) {
        if (this.sees(place)) for (const step of steps) ppms.push(place + step, place - step);
      }
      ppms.sort((a, b) => b - a);
      const highest = Math.max(...lines.map(([place]) => at(place)));
      const y = (ppm) => base - (at(ppm) / highest) * (PLOT - 6);
      make(parent, "path", { class: "curve", d: this.path(ppms.map((ppm) => [this.x(ppm), y(ppm)])) });
      return (s) => Math.min(...s.lines.map(([hz]) => y(s.ppm + hz / this.mhz)));
    }

    shade(parent, base) {
      const { signals } = this.spectrum, smallest = (this.high - this.low) / this.width;
      const widths = signals.map((s) => Math.max(s.error_ppm, smallest));
      const at = (ppm) => signals.reduce((sum, s, k) => {
        return sum + (s.nuclei / widths[k]) * Math.exp(-0.5 * ((ppm - s.ppm) / widths[k]) ** 2);
      }, 0);
      const highest = Math.max(...signals.map((s) => at(s.ppm)));
      const ppms = Array.from({ length: 321 }, (_, k) => this.high - (k / 320) * (this.high - this.low));
      const points = ppms.map((ppm) => [this.x(ppm), base - (at(ppm) / highest) * PLOT * SHADE]);
      const path = `${this.path(points)}L${this.x(this.low)},${base}L${this.x(this.high)},${base}Z`;
      make(parent, "path", { class: "shade", d: path });
    }

    solvent(parent, base) {
      for (const ppm of this.spectrum.solvent_ppm.filter((value) => this.sees(value))) {
        const group = make(parent, "g", { class: "solvent" }), x = round(this.x(ppm));
        make(group, "path", { d: `M${x},${LABELS + 8}V${base}` });
        const beside = x > this.width - 110 ? { x: x - 4, "text-anchor": "end" } : { x: x + 4 };
        make(group, "text", { ...beside, y: LABELS + 16 }, `${this.spectrum.solvent} ${ppm}`);
      }
    }

    signals(parent, base, heights) {
      const element = this.spectrum.nucleus.replace(/^\d+/, "");
      const seen = this.spectrum.signals.filter((s) => this.sees(s.ppm));
      seen.sort((a, b) => b.ppm - a.ppm || a.row - b.row);
      const wanted = seen.map((s) => this.x(s.ppm)), half = LABEL_WIDTH / 2;
      const places = spread(wanted, LABEL_WIDTH, LEFT + half, this.width - RIGHT - half);
      const ends = seen.map((s) => [this.x(s.ppm + s.error_ppm), this.x(s.ppm - s.error_ppm)]);
      const rows = whiskerRows(ends);
      seen.forEach((s, k) => {
        const x = round(wanted[k]), place = round(places[k]), y = base + 5 + 5.5 * rows[k];
        const left = round(Math.max(ends[k][0], LEFT)), right = round(Math.min(ends[k][1], this.width - RIGHT));
        const group = make(parent, "g", { class: "signal", "data-row": s.row });
        const flags = s.flags.map((flag) => `; ${flag}`).join("");
        const words = `${s.ppm.toFixed(2)} ± ${s.error_ppm.toFixed(2)} ppm, ${s.nuclei} ${element}, atoms ${s.label}${flags}`;
        make(group, "title", {}, words);
        make(group, "path", { class: "leader", d: `M${place},${LABELS - 22}V${LABELS - 17}L${x},${LABELS - 5}V${LABELS}` });
        make(group, "path", { class: "peak", d: `M${x},${base}V${round(heights(s))}` });
        const label = make(group, "text", { class: "label", transform: `translate(${place + 4},${LABELS - 25})rotate(-90)` });
        label.append(`${s.ppm.toFixed(this.decimals)} `);
        make(label, "tspan", { class: "atoms" }, s.label);
        const bar = `M${left},${y - 2}v4M${left},${y}H${right}M${right},${y - 2}v4`;
        make(group, "path", { class: "whisker", d: bar });
        make(group, "circle", { class: "middle", cx: x, cy: y, r: 1.6 });
        make(group, "rect", { class: "hit", x: place - half, y: 0, width: LABEL_WIDTH, height: LABELS - 18 });
        make(group, "rect", { class: "hit", x: x - 4, y: LABELS, width: 8, height: PLOT });
        const wide = Math.max(right - left, 10);
        make(group, "rect", { class: "hit", x: (left + right - wide) / 2, y: y - 3, width: wide, height: 6 });
      });
    }

    axis(parent, y) {
      make(parent, "path", { class: "axis", d: `M${LEFT},${y}H${this.width - RIGHT}` });
      const step = tickStep(this.high - this.low, Math.min(12, Math.floor(this.width / 55)));
      const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
      for (let k = Math.ceil(this.low / step - 1e-9); k <= Math.floor(this.high / step + 1e-9); k += 1) {
        const x = round(this.x(k * step));
        make(parent, "path", { class: "axis", d: `M${x},${y}v5` });
        make(parent, "text", { class: "tick", x, y: y + 17 }, (k * step).toFixed(places));
      }
      make(parent, "text", { class: "unit", x: this.width - RIGHT, y: y + 30 }, "δ / ppm");
    }

    measured(parent, top) {
      const { measured, measured_heading: heading } = this.spectrum;
      make(parent, "path", { class: "axis", d: `M${LEFT},${top}H${this.width - RIGHT}` });
      make(parent, "text", { class: "heading", x: LEFT, y: top - 5 }, heading ? `measured, ${heading}` : "measured");
      const middle = (m) => (m.low_ppm + m.high_ppm) / 2;
      const seen = measured.filter((m) => this.sees(middle(m))).sort((a, b) => middle(b) - middle(a));
      const wanted = seen.map((m) => this.x(middle(m))), half = LABEL_WIDTH / 2;
      const places = spread(wanted, LABEL_WIDTH, LEFT + half, this.width - RIGHT - half);
      const most = Math.max(...measured.map((m) => m.nuclei || 1));
      seen.forEach((m, k) => {
        const depth = round(14 + (34 * (m.nuclei || 1)) / most), x = round(wanted[k]), place = round(places[k]);
        const group = make(parent, "g", { class: "measured", "data-rows": m.rows.join(" ") });
        const where = m.low_ppm === m.high_ppm ? `${m.low_ppm} ppm` : `${m.high_ppm} to ${m.low_ppm} ppm`;
        make(group, "title", {}, `measured ${where}${m.text ? ", " : ""}${m.text}`);
        const left = this.x(m.high_ppm), right = this.x(m.low_ppm);
        if (right > left) make(group, "rect", { class: "range", x: round(left), y: top, width: round(right - left), height: depth });
        make(group, "path", { d: `M${x},${top}v${depth}` });
        make(group, "path", { class: "leader", d: `M${x},${top + depth}L${x},${top + 52}L${place},${top + 62}` });
        const turned = `translate(${place + 4},${top + 66})rotate(-90)`;
        make(group, "text", { class: "label", transform: turned, "text-anchor": "end" }, middle(m).toFixed(this.decimals));
        make(group, "rect", { class: "hit", x: x - 5, y: top, width: 10, height: MEASURED });
      });
    }

    listen() {
      const { svg } = this;
      let start = null, box = null;
      const place = (event) => {
        const bounds = svg.getBoundingClientRect();
        return ((event.clientX - bounds.left) / bounds.width) * this.width;
      };
      svg.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        start = place(event);
        dragged = false;
      });
      svg.addEventListener("pointermove", (event) => {
        if (start === null) return;
        const now = place(event);
        if (!box && Math.abs(now - start) < 5) return;
        if (!box) {
          svg.setPointerCapture(event.pointerId);
          box = make(svg, "rect", { class: "chosen", y: LABELS, height: PLOT + WHISKERS });
        }
        dragged = true;
        box.setAttribute("x", Math.min(start, now));
        box.setAttribute("width", Math.abs(now - start));
      });
      const end = (event) => {
        const from = start, drawn = box;
        start = box = null;
        if (!drawn) return;
        drawn.remove();
        const now = place(event);
        if (event.type === "pointerup") this.zoom(this.ppm(Math.min(from, now)), this.ppm(Math.max(from, now)));
        setTimeout(() => { dragged = false; }, 0);
      };
      svg.addEventListener("pointerup", end);
      svg.addEventListener("pointercancel", end);
      svg.addEventListener("dblclick", () => this.reset());
      svg.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey && !event.altKey) return;
        event.preventDefault();
        this.by(event.deltaY > 0 ? 1.25 : 0.8, this.ppm(place(event)));
      }, { passive: false });
      svg.addEventListener("keydown", (event) => {
        const step = (this.high - this.low) / 8;
        const moves = {
          "+": () => this.by(0.7), "=": () => this.by(0.7), "-": () => this.by(1.4), "0": () => this.reset(),
          ArrowLeft: () => this.zoom(this.high + step, this.low + step),
          ArrowRight: () => this.zoom(this.high - step, this.low - step),
        };
        if (!moves[event.key]) return;
        event.preventDefault();
        moves[event.key]();
      });
      for (const button of all("button[data-zoom]", svg.closest("figure"))) {
        const does = { in: () => this.by(0.5), out: () => this.by(2), all: () => this.reset() };
        button.addEventListener("click", does[button.dataset.zoom]);
      }
    }
  }

  const figures = all("svg.spectrum");
  const spectra = data.spectra.map((spectrum, k) => new Spectrum(figures[k], spectrum));

  function frequencies() {
    all("figcaption .frequency").forEach((span, k) => { span.textContent = `${spectra[k].mhz.toFixed(0)} MHz`; });
  }

  const field = document.getElementById("field"), width = document.getElementById("width");
  if (field) {
    const fields = FIELDS.includes(protonMhz) ? FIELDS : [...FIELDS, protonMhz].sort((a, b) => a - b);
    field.max = fields.length - 1;
    field.value = fields.indexOf(protonMhz);
    width.value = Math.round(10 * Math.log2(lineWidth));
    field.addEventListener("input", () => {
      protonMhz = fields[field.value];
      document.getElementById("field-said").value = `${protonMhz} MHz`;
      frequencies();
      spectra.forEach((spectrum) => spectrum.draw());
    });
    width.addEventListener("input", () => {
      lineWidth = 2 ** (width.value / 10);
      document.getElementById("width-said").value = `${lineWidth.toPrecision(2)} Hz`;
      spectra.forEach((spectrum) => spectrum.draw());
    });
  }

  document.querySelectorAll("table.sortable").forEach(sortable);

  // --- Conformers as sticks that turn.

  let turn = null;
  const stage = document.querySelector("svg.sticks"), view = data.view;
  if (stage && view) {
    const WIDTH = 420, HEIGHT = 320;
    let turned = [1, 0, 0, 0, 1, 0, 0, 0, 1], shown = 0, zoom = 1, last = null, marked = new Set();
    const numbered = document.getElementById("numbered"), without = document.getElementById("without");

    const times = (a, b) => a.map((_, k) => {
      const row = 3 * Math.floor(k / 3), column = k % 3;
      return a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
    });
    const size = Math.max(1, ...view.conformers.flatMap(({ xyz }) => {
      return view.symbols.map((_, k) => Math.hypot(xyz[3 * k], xyz[3 * k + 1], xyz[3 * k + 2]) / 100);
    }));

    const draw = () => {
      const { xyz, bonds } = view.conformers[shown], scale = (HEIGHT / 2 / size) * 0.92 * zoom / 100;
      const at = view.symbols.map((_, k) => {
        const [x, y, z] = [xyz[3 * k], xyz[3 * k + 1], xyz[3 * k + 2]], t = turned;
        return [
          WIDTH / 2 + scale * (t[0] * x + t[1] * y + t[2] * z), HEIGHT / 2 - scale * (t[3] * x + t[4] * y + t[5] * z),
          (t[6] * x + t[7] * y + t[8] * z) / 100,
        ];
      });
      const hidden = (k) => without.checked && view.symbols[k] === "H";
      const pieces = [];
      for (const [a, b] of bonds) {
        if (hidden(a) || hidden(b)) continue;
        const middle = at[a].map((value, k) => (value + at[b][k]) / 2);
        for (const end of [a, b]) pieces.push({ z: (at[end][2] + middle[2]) / 2, end, middle });
      }
      view.symbols.forEach((_, k) => {
        const [x, y, z] = at[k];
        if (marked.has(k + 1) && !hidden(k)) pieces.push({ z: z + 0.01, dot: [x, y] });
        if (numbered.checked && !hidden(k)) pieces.push({ z: z + 0.02, number: k + 1, dot: [x, y] });
        if (!bonds.length) pieces.push({ z, dot: [x, y] });
      });
      pieces.sort((a, b) => a.z - b.z);
      const group = document.createElementNS(NAMESPACE, "g");
      group.setAttribute("stroke-linecap", "round");
      for (const { z, end, middle, dot, number } of pieces) {
        const near = 0.6 + 0.4 * ((z + size) / (2 * size));
        if (number) make(group, "text", { x: round(dot[0]), y: round(dot[1] + 4) }, String(number));
        else if (dot) make(group, "circle", { cx: round(dot[0]), cy: round(dot[1]), r: 7, fill: "#d45500", "fill-opacity": 0.75 });
        else {
          const [x, y] = at[end];
          const d = `M${round(x)},${round(y)}L${round(middle[0])},${round(middle[1])}`;
          const thick = (view.symbols[end] === "H" ? 4 : 7) * near * Math.sqrt(zoom);
          make(group, "path", { stroke: view.colours[end], "stroke-opacity": round(near * 10) / 10, "stroke-width": round(thick), d });
        }
      }
      stage.replaceChildren(group);
    };

    turn = (atoms) => { marked = atoms; draw(); };
    const choose = (k) => {
      shown = k;
      const { label, population } = view.conformers[k];
      document.getElementById("shown").textContent = `${label}, ${(100 * population).toFixed(1)} %`;
      all("tr[data-conformer]").forEach((row) => row.classList.toggle("chosen-row", Number(row.dataset.conformer) === k));
      stage.dataset.conformer = label;
      draw();
    };
    const rotate = (dx, dy) => {
      const [a, b] = [dx / 110, dy / 110];
      turned = times([Math.cos(a), 0, Math.sin(a), 0, 1, 0, -Math.sin(a), 0, Math.cos(a)], turned);
      turned = times([1, 0, 0, 0, Math.cos(b), -Math.sin(b), 0, Math.sin(b), Math.cos(b)], turned);
      draw();
    };
    stage.addEventListener("pointerdown", (event) => {
      last = [event.clientX, event.clientY];
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      if (!last) return;
      rotate(event.clientX - last[0], event.clientY - last[1]);
      last = [event.clientX, event.clientY];
    });
    for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, () => { last = null; });
    stage.addEventListener("keydown", (event) => {
      const moves = {
        ArrowLeft: () => rotate(-20, 0), ArrowRight: () => rotate(20, 0), ArrowUp: () => rotate(0, -20),
        ArrowDown: () => rotate(0, 20), "+": () => { zoom *= 1.2; draw(); }, "-": () => { zoom /= 1.2; draw(); },
      };
      if (!moves[event.key]) return;
      event.preventDefault();
      moves[event.key]();
    });
    numbered.addEventListener("change", draw);
    without.addEventListener("change", draw);
    for (const row of all("tr[data-conformer]")) {
      const k = Number(row.dataset.conformer);
      row.addEventListener("click", () => choose(k));
      row.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(k); });
    }
    choose(0);
  }

  // --- The paragraph for a paper.

  const copy = document.getElementById("copy");
  if (copy) {
    copy.addEventListener("click", async () => {
      const text = document.getElementById("si-text").textContent;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(document.getElementById("si-text"));
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        document.execCommand("copy");
      }
      copy.textContent = "copied";
      setTimeout(() => { copy.textContent = "copy"; }, 1500);
    });
  }

  const drawAll = () => spectra.forEach((spectrum) => spectrum.draw());
  addEventListener("resize", drawAll);
  drawAll();
})();
