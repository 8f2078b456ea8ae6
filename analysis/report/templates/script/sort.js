/* Sorting a table by a column: numbers by size whatever their unit, text by the numbers in it. */
const collator = new Intl.Collator("en", { numeric: true });

function sortKey(cell) {
  if (!cell) return "";
  if (sortKeys.has(cell)) return sortKeys.get(cell);
  const text = cell.textContent.trim(), found = text.match(/^(-?[\d,]*\.?\d+)(?: (ns|µs|ms|s)\b)?/);
  if (!found) return text;
  const size = TIMES.find(([, name]) => name === found[2]);
  return Number(found[1].replaceAll(",", "")) * (size ? size[0] : 1);
}

const isEmpty = (key) => key === "" || key === "–" || Number.isNaN(key);

function compare(first, second) {
  if (isEmpty(first) || isEmpty(second)) return isEmpty(first) - isEmpty(second);
  if (typeof first === "number" && typeof second === "number") return first - second;
  return collator.compare(String(first), String(second));
}

function makeSortable(table) {
  const heads = all("thead th", table), body = table.tBodies[0];
  heads.forEach((head, place) => {
    if (head.classList.contains("plot")) return;
    const button = make("button", head.textContent, { type: "button" });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => [sortKey(row.cells[place]), row]);
      // Empty cells stay last either way.
      rows.sort(([first], [second]) => (isEmpty(first) || isEmpty(second) ? 1 : way) * compare(first, second));
      body.replaceChildren(...rows.map(([, row]) => row));
      announce(`Sorted by ${button.textContent}, ${way > 0 ? "ascending" : "descending"}.`);
    });
  });
}
