(() => {
  document.documentElement.classList.add("js");
  const table = document.querySelector("table.index"), rows = [...table.tBodies[0].rows];
  sortable(table);

  const find = document.getElementById("find"), state = document.getElementById("state");
  const texts = new Map(rows.map((row) => [row, row.cells[1].textContent.toLowerCase()]));
  function filter() {
    const wanted = find.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = !texts.get(row).includes(wanted) || (state.value !== "" && row.dataset.state !== state.value);
      count += !row.hidden;
    }
    document.getElementById("found").textContent = count === rows.length ? "" : `${count} of ${rows.length}`;
  }
  find.addEventListener("input", filter);
  state.addEventListener("change", filter);
})();
