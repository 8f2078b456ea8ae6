/* Lists with plotted costs: the geometry of cost_lists.py, on a linear or logarithmic axis and in any unit. */
const EDGE = 8, WIDTH = 300;
const SVG = "http://www.w3.org/2000/svg";
const MARKS = [
  (x) => `M${x} 9m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`, (x) => `M${x - 3.5} 5.5h7v7h-7z`, (x) => `M${x} 4.5l4.5 8h-9z`,
  (x) => `M${x} 4l5 5l-5 5l-5 -5z`, (x) => `M${x} 13.5l4.5 -8h-9z`,
  (x) => `M${x - 1.5} 4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z`, (x) => `M${x - 4} 5l8 8m0 -8l-8 8`,
];

function axis(table, view) {
  const numbers = all("tr[data-c]", table).flatMap((row) =>
    view.data.machines.map((_, machine) => view.numbers(Number(row.dataset.c), machine)).filter(Boolean));
  if (!numbers.length) return null;
  const costs = numbers.map((each) => each[0]), inner = WIDTH - 2 * EDGE;
  const log = table.dataset.log === "1";
  const low = Math.min(...costs) / 1.3, high = Math.max(...costs) * (log ? 1.3 : 1.1);
  const x = (value) => EDGE + inner * (log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : value / high);
  return { x, ticks: log ? decades(low, high) : steps(high) };
}

function decades(low, high) {
  const first = Math.ceil(Math.log10(low)), last = Math.floor(Math.log10(high));
  const step = Math.max(1, Math.ceil((last - first + 1) / 4)), ticks = [];
  for (let decade = first; decade <= last; decade += step) ticks.push(10 ** decade);
  return ticks;
}

function steps(high) {
  const rough = high / 4, power = 10 ** Math.floor(Math.log10(rough)), ticks = [];
  const step = [1, 2, 5, 10].map((digit) => power * digit).find((each) => each >= rough);
  for (let tick = 0; tick <= high; tick += step) ticks.push(tick);
  return ticks;
}

function tickText(view, tick) {
  if (tick === 0) return "0";
  const timed = !view.data.exact && (view.unit === "auto" || view.unit === "page");
  const size = timed ? timeUnit(tick) : view.unit === "ns" ? [1e-9, ""] : [1, ""];
  const number = Number((tick / size[0]).toPrecision(4)).toLocaleString("en-US");
  return timed ? `${number} ${size[1]}` : number;
}

function plot(table, view) {
  const scale = axis(table, view);
  all("svg.cost-axis", table).forEach((svg) => {
    if (!scale) svg.replaceChildren();
    else if (svg.classList.contains("labels")) svg.replaceChildren(...scale.ticks.map((tick) => label(view, scale, tick)));
    else svg.replaceChildren(...marks(view, scale, Number(svg.closest("tr").dataset.c)));
  });
}

function label(view, scale, tick) {
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("x", scale.x(tick).toFixed(1));
  text.setAttribute("y", "12");
  text.textContent = tickText(view, tick);
  return text;
}

function marks(view, scale, number) {
  const parts = [path("grid", scale.ticks.map((tick) => `M${scale.x(tick).toFixed(1)} 0V18`).join(""))];
  view.data.machines.forEach((_, machine) => {
    const numbers = view.numbers(number, machine);
    if (!numbers) return;
    const [value, low, high] = numbers, series = `s${machine % MARKS.length}`;
    if (low != null && high != null && low < high)
      parts.push(path(`interval ${series}`, `M${scale.x(low).toFixed(1)} 9H${scale.x(high).toFixed(1)}`));
    parts.push(path(`mark ${series}`, MARKS[machine % MARKS.length](Number(scale.x(value).toFixed(1)))));
  });
  return parts;
}

function path(kind, d) {
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("class", kind);
  drawn.setAttribute("d", d);
  return drawn;
}

function addAxisButton(table, tools, view) {
  const button = make("button", "Log axis", { type: "button", "aria-pressed": String(table.dataset.log === "1") });
  button.addEventListener("click", () => {
    const log = table.dataset.log !== "1";
    table.dataset.log = log ? "1" : "0";
    button.setAttribute("aria-pressed", String(log));
    plot(table, view);
    announce(`The axis is ${log ? "logarithmic" : "linear, from zero"}.`);
  });
  tools.prepend(button);
}
