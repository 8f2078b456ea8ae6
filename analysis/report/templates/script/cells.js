/* The cells of the tables, filled anew in the chosen unit and with ratios to the chosen baseline. */

/* The number in a cell, for sorting. */
const sortKeys = new WeakMap();

function fill(cell, view, number) {
  const machine = Number(cell.dataset.m || 0), numbers = view.numbers(number, machine);
  const role = cell.dataset.role;
  if (role === "ratio") {
    const found = view.ratio(number, machine);
    cell.textContent = ratioText(found);
    sortKeys.set(cell, found ? found[0] : NaN);
  } else if (role === "interval") {
    cell.textContent = view.interval(numbers);
    sortKeys.set(cell, numbers && numbers[1] != null ? numbers[1] : NaN);
  } else if (view.cell(number, machine)) {
    cell.textContent = view.text(numbers);
    sortKeys.set(cell, numbers ? numbers[0] : NaN);
    if (role === "both" && view.interval(numbers)) cell.append(" ", make("small", view.interval(numbers)));
  } else sortKeys.set(cell, NaN);
}

function fillMatrix(cell, view) {
  if (view.base.kind !== "machine") return;  // the matrix compares machines, not cases
  const number = Number(cell.dataset.c), machine = Number(cell.dataset.m), own = view.cell(number, machine);
  if (!own) return;
  const found = view.ratio(number, machine), isBase = view.isBase(number, machine);
  cell.textContent = isBase ? costText(own.cost[0], view.data.exact) : found ? ratioText(found) : "no baseline";
  cell.classList.toggle("same", !isBase && !view.data.exact && !view.differs(number, machine));
  sortKeys.set(cell, isBase ? 1 : found ? found[0] : NaN);
}

/* A cost on one machine, or from the least to the most of several. */
function fillSpread(cell, view, number) {
  const found = view.data.machines.map((_, machine) => view.numbers(number, machine)).filter(Boolean);
  found.sort((first, second) => first[0] - second[0]);
  cell.textContent = !found.length ? "–" : found.length === 1 ? view.text(found[0])
    : `${view.text(found[0])} to ${view.text(found[found.length - 1])}`;
  sortKeys.set(cell, found.length ? found[0][0] : NaN);
}

function show(view) {
  const of = (selector) => all(`table[data-key="${view.key}"]${selector}`);
  const nameBase = (table) => all("[data-role=base]", table).forEach((place) => { place.textContent = view.baseName; });
  of(".cases").forEach((table) => {
    all("tbody tr", table).forEach((row) => {
      all("td[data-role]", row).forEach((cell) => fill(cell, view, Number(row.dataset.c)));
    });
    nameBase(table);
  });
  of(".cost-list").forEach((table) => {
    all("td[data-role=spread]", table).forEach((cell) => fillSpread(cell, view, Number(cell.parentNode.dataset.c)));
    plot(table, view);
  });
  of(".matrix").forEach((table) => {
    all("td[data-role=matrix]", table).forEach((cell) => fillMatrix(cell, view));
    if (view.base.kind === "machine") nameBase(table);
  });
  all(`table[data-key="${view.key}"] [data-head=cost]`).forEach((head) => {
    (head.querySelector("button") || head).textContent = view.unit === "auto" ? "cost" : `cost (${view.unitName})`;
  });
}
