// A click on a heading sorts by it, once more the other way round.
function sortable(table) {
  const body = table.tBodies[0], given = [...body.rows], headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const way = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", way);
      const key = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
      const number = /^[-+]?[\d.]+$/;
      const compare = (a, b) => {
        const [left, right] = [key(a), key(b)];
        if (left === "" || right === "") return (left === "") - (right === "");
        const areNumbers = number.test(left) && number.test(right);
        const order = areNumbers ? left - right : left.localeCompare(right, "en", { numeric: true });
        return way === "ascending" ? order : -order;
      };
      body.replaceChildren(...[...given].sort(compare));
    });
  });
}
