"use strict";
// Tables are sorted by a click on the name of a column: numbers from the largest, words from the first; a second click turns it.
function key(row, column) {
  const value = row.children[column].dataset.value;
  return value !== "" && !Number.isNaN(Number(value)) ? Number(value) : value;
}

function compared(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}

document.addEventListener("click", (event) => {
  const head = event.target.closest(".sortable th");
  if (!head || !event.target.closest("button")) return;
  const column = [...head.parentNode.children].indexOf(head);
  const body = head.closest("table").tBodies[0];
  const first = head.classList.contains("n") ? "descending" : "ascending";
  const turned = first === "ascending" ? "descending" : "ascending";
  const way = head.getAttribute("aria-sort") === first ? turned : first;
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", way);
  const sign = way === "ascending" ? 1 : -1;
  body.append(...[...body.rows].sort((one, other) => sign * compared(key(one, column), key(other, column))));
});
