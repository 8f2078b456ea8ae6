/* What the page does beyond showing what it says: filter, sort, other units, other baselines, axes, copies. All numbers
   are in the page; nothing is fetched. Text only ever becomes text: no markup is made from it. */
(() => {
  "use strict";
  const RESAMPLES = 999, FEWEST_PROCESSES = 2, MANY_PAIRS = 2000, EDGE = 8, WIDTH = 300;
  const TIMES = [[1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"]];
  const SVG = "http://www.w3.org/2000/svg";
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const make = (name, text = "", attributes = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  let quiet = 0;
  function announce(text) {
    const place = document.getElementById("announce");
    place.textContent = text;
    clearTimeout(quiet);
    quiet = setTimeout(() => { place.textContent = ""; }, 6000);
  }

  /* Numbers as the page has them: three digits that count, commas between thousands. */
  function figures(number, digits = 3) {
    if (number === 0) return "0";
    const size = Math.abs(number);
    if (!Number.isFinite(number) || size < 1e-6 || size >= 1e15) return number.toPrecision(digits);
    const rounded = Number(number.toPrecision(digits));
    const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))));
    return rounded.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
  }
  function timeUnit(seconds) {
    const fitting = TIMES.filter(([size]) => Math.abs(seconds) >= size * 0.9995);
    return fitting.length ? fitting[fitting.length - 1] : TIMES[0];
  }
  function instructions(value) {
    const whole = Math.abs(value - Math.round(value)) < 0.005;
    const digits = whole ? 0 : 2;
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  /* Ratios of medians over processes, with the interval of a percentile bootstrap, as the report's own. */
  function generator(seed) {
    let state = seed;
    return () => {  // mulberry32
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }
  function median(values) {
    for (let place = 1; place < values.length; place++) {
      const value = values[place];
      let before = place - 1;
      for (; before >= 0 && values[before] > value; before--) values[before + 1] = values[before];
      values[before + 1] = value;
    }
    const half = values.length >> 1;
    return values.length % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
  }
  function paired(over, under) {
    return over.r !== 0 && JSON.stringify(over.r) === JSON.stringify(under.r) && over.x.length === under.x.length;
  }
  function ratio(over, under, exact, resamples, sameRun) {
    const value = over.v[0] / under.v[0];
    if (exact || Math.min(over.x.length, under.x.length) < FEWEST_PROCESSES) return [value];
    const random = generator(20161002), together = sameRun && paired(over, under), found = new Float64Array(resamples);
    const above = new Float64Array(over.x.length), below = new Float64Array(under.x.length);
    for (let sample = 0; sample < resamples; sample++) {
      for (let place = 0; place < above.length; place++) {
        const drawn = Math.floor(random() * above.length);
        above[place] = over.x[drawn];
        if (together) below[place] = under.x[drawn];
      }
      if (!together) for (let place = 0; place < below.length; place++) below[place] = under.x[Math.floor(random() * below.length)];
      found[sample] = median(above) / median(below);
    }
    found.sort();
    return [value, found[Math.floor(0.025 * (resamples - 1))], found[Math.ceil(0.975 * (resamples - 1))]];
  }

  /* One kind of evidence: what is looked at, in which unit, against what. */
  class View {
    constructor(key, data) {
      this.key = key;
      this.data = data;
      this.several = data.machines.length > 1;
      this.reset();
    }
    reset() {
      this.unit = "auto";
      this.base = `${this.several ? "m" : "c"}${this.data.base}`;
      this.family = "";
      this.words = [];
      this.ratios = new Map();
    }
    cell(number, machine) { return this.data.cases[number].on[machine]; }
    get baseName() {
      const place = Number(this.base.slice(1));
      return this.base[0] === "m" ? this.data.machines[place] : this.data.cases[place].n;
    }
    under(number, machine) {
      const place = Number(this.base.slice(1));
      return this.base[0] === "m" ? this.cell(number, place) : this.cell(place, machine);
    }
    isBase(number, machine) {
      return Number(this.base.slice(1)) === (this.base[0] === "m" ? machine : number);
    }
    ratio(number, machine) {
      const name = `${number} ${machine}`;
      if (!this.ratios.has(name)) {
        const over = this.cell(number, machine), under = this.under(number, machine);
        const many = this.data.cases.length * this.data.machines.length > MANY_PAIRS;
        const resamples = many ? 199 : RESAMPLES;
        this.ratios.set(name, !over || !under ? null
          : this.isBase(number, machine) ? [1] : ratio(over, under, this.data.exact, resamples, this.base[0] === "c"));
      }
      return this.ratios.get(name);
    }
    /* [value, low, high] in the unit that is looked at; null where that can't be told. */
    numbers(number, machine) {
      const cell = this.cell(number, machine), pages = this.data.cases[number].p;
      if (!cell) return null;
      const scaled = (by) => cell.v.map((each) => (each === null ? null : each * by));
      switch (this.unit) {
        case "ticks": return cell.t ? scaled(cell.t) : null;
        case "cycles": return cell.c || null;
        case "ratio": return this.ratio(number, machine);
        case "page": return pages ? scaled(1 / pages) : null;
        default: return cell.v;
      }
    }
    shown(value, size) {
      if (this.unit === "ratio" || this.unit === "ticks" || this.unit === "cycles") return figures(value);
      if (this.data.exact) return instructions(value);
      return this.unit === "ns" ? figures(value / 1e-9) : `${figures(value / size[0])} ${size[1]}`;
    }
    text(numbers) {
      return numbers ? this.shown(numbers[0], timeUnit(numbers[0])) : "–";
    }
    interval(numbers) {
      if (!numbers || this.data.exact || numbers[1] == null || numbers[2] == null) return "";
      const size = timeUnit(numbers[2]), bare = this.shown(numbers[1], size).split(" ")[0];
      return `${bare} to ${this.shown(numbers[2], size)}`;
    }
    get unitName() {
      return { auto: this.data.exact ? "instructions" : "time", ns: "ns", ticks: "TSC ticks", cycles: "core cycles",
               ratio: `ratio to ${this.baseName}`, page: this.data.exact ? "instructions a page" : "time a page" }[this.unit];
    }
    matches(number) {
      const { n, f } = this.data.cases[number];
      return (!this.family || f === this.family) && this.words.every((word) => n.toLowerCase().includes(word));
    }
  }
  const times = (found) => !found ? "–" : found.length < 3 || found[1] === found[2] ? figures(found[0])
    : `${figures(found[0])} [${figures(found[1])}, ${figures(found[2])}]`;

  /* Cells. What a cell says by its number is kept beside it, for sorting. */
  const sortKeys = new WeakMap();
  function fill(cell, view, number) {
    const machine = Number(cell.dataset.m || 0), numbers = view.numbers(number, machine);
    const role = cell.dataset.role;
    if (role === "ratio") {
      const found = view.ratio(number, machine);
      cell.textContent = times(found);
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
    if (view.base[0] !== "m") return;  // other cases of one machine are another question
    const number = Number(cell.dataset.c), machine = Number(cell.dataset.m), own = view.cell(number, machine);
    if (!own) return;
    const found = view.ratio(number, machine);
    const isBase = view.isBase(number, machine);
    cell.textContent = isBase ? costText(view, own.v[0]) : found ? times(found) : "no base";
    cell.classList.toggle("same", !isBase && !view.data.exact && !(found && found.length === 3 && (found[1] > 1 || found[2] < 1)));
    sortKeys.set(cell, isBase ? 1 : found ? found[0] : NaN);
  }
  function costText(view, value) {
    const size = timeUnit(value);
    return view.data.exact ? instructions(value) : `${figures(value / size[0])} ${size[1]}`;
  }
  function fillSpread(cell, view, number) {
    const found = view.data.machines.map((_, machine) => view.numbers(number, machine)).filter(Boolean);
    found.sort((first, second) => first[0] - second[0]);
    cell.textContent = !found.length ? "–" : found.length === 1 ? view.text(found[0])
      : `${view.text(found[0])} to ${view.text(found[found.length - 1])}`;
    sortKeys.set(cell, found.length ? found[0][0] : NaN);
  }

  /* Lists with drawn marks: the same geometry as in the report, on either axis and in any unit. */
  function axis(table, view) {
    const numbers = all("tr[data-c]", table).flatMap((row) =>
      view.data.machines.map((_, machine) => view.numbers(Number(row.dataset.c), machine)).filter(Boolean));
    if (!numbers.length) return null;
    const costs = numbers.map((each) => each[0]), inner = WIDTH - 2 * EDGE;
    const log = table.dataset.log === "1";
    const low = Math.min(...costs) / 1.3, high = Math.max(...costs) * (log ? 1.3 : 1.1);
    const x = (value) => EDGE + inner * (log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : value / high);
    const ticks = [];
    if (log) {
      const first = Math.ceil(Math.log10(low)), last = Math.floor(Math.log10(high));
      const step = Math.max(1, Math.ceil((last - first + 1) / 4));
      for (let decade = first; decade <= last; decade += step) ticks.push(10 ** decade);
    } else {
      const rough = high / 4, power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].map((digit) => power * digit).find((each) => each >= rough);
      for (let tick = 0; tick <= high; tick += step) ticks.push(tick);
    }
    return { x, ticks };
  }
  function tickText(view, tick) {
    if (tick === 0) return "0";
    const timed = !view.data.exact && (view.unit === "auto" || view.unit === "page");
    const size = timed ? timeUnit(tick) : view.unit === "ns" ? [1e-9, ""] : [1, ""];
    const number = Number((tick / size[0]).toPrecision(4)).toLocaleString("en-US");
    return timed ? `${number} ${size[1]}` : number;
  }
  function draw(table, view) {
    const scale = axis(table, view);
    all("svg.strip", table).forEach((svg) => {
      const number = Number(svg.closest("tr").dataset.c), head = svg.classList.contains("axis");
      if (!scale) { svg.replaceChildren(); return; }
      if (head) {
        svg.replaceChildren(...scale.ticks.map((tick) => {
          const text = document.createElementNS(SVG, "text");
          text.setAttribute("x", scale.x(tick).toFixed(1));
          text.setAttribute("y", "12");
          text.textContent = tickText(view, tick);
          return text;
        }));
        return;
      }
      const parts = [path("grid", scale.ticks.map((tick) => `M${scale.x(tick).toFixed(1)} 0V18`).join(""))];
      view.data.machines.forEach((_, machine) => {
        const numbers = view.numbers(number, machine);
        if (!numbers) return;
        const series = `s${machine % MARKS.length}`;
        if (numbers[1] != null && numbers[2] != null && numbers[1] < numbers[2])
          parts.push(path(`interval ${series}`, `M${scale.x(numbers[1]).toFixed(1)} 9H${scale.x(numbers[2]).toFixed(1)}`));
        parts.push(path(`mark ${series}`, MARKS[machine % MARKS.length](Number(scale.x(numbers[0]).toFixed(1)))));
      });
      svg.replaceChildren(...parts);
    });
  }
  function path(kind, d) {
    const drawn = document.createElementNS(SVG, "path");
    drawn.setAttribute("class", kind);
    drawn.setAttribute("d", d);
    return drawn;
  }
  const MARKS = [
    (x) => `M${x} 9m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`, (x) => `M${x - 3.5} 5.5h7v7h-7z`, (x) => `M${x} 4.5l4.5 8h-9z`,
    (x) => `M${x} 4l5 5l-5 5l-5 -5z`, (x) => `M${x} 13.5l4.5 -8h-9z`,
    (x) => `M${x - 1.5} 4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z`, (x) => `M${x - 4} 5l8 8m0 -8l-8 8`,
  ];

  function show(view) {
    const of = (selector) => all(`table[data-key="${view.key}"]${selector}`);
    of(".cases").forEach((table) => {
      all("tbody tr", table).forEach((row) => {
        all("td[data-role]", row).forEach((cell) => fill(cell, view, Number(row.dataset.c)));
      });
    });
    of(".strips").forEach((table) => {
      all("td[data-role=spread]", table).forEach((cell) => fillSpread(cell, view, Number(cell.parentNode.dataset.c)));
      draw(table, view);
    });
    of(".matrix").forEach((table) => {
      all("td[data-role=matrix]", table).forEach((cell) => fillMatrix(cell, view));
      if (view.base[0] === "m") all("[data-role=base]", table).forEach((place) => { place.textContent = view.baseName; });
    });
    of(".cases").forEach((table) => all("[data-role=base]", table).forEach((place) => { place.textContent = view.baseName; }));
    all(`table[data-key="${view.key}"] [data-head=cost]`).forEach((head) => {
      (head.querySelector("button") || head).textContent = view.unit === "auto" ? "cost" : `cost (${view.unitName})`;
    });
  }
  function filter(view) {
    let shown = 0;
    all(`table.cases[data-key="${view.key}"] tbody tr`).forEach((row) => {
      row.hidden = !view.matches(Number(row.dataset.c));
      shown += !row.hidden;
    });
    all(`details.family[data-key="${view.key}"]`).forEach((family) => {
      const cases = all("details.case", family);
      cases.forEach((each) => { each.hidden = !view.matches(Number(each.dataset.c)); });
      family.hidden = cases.every((each) => each.hidden);
    });
    return `${shown} of ${view.data.cases.length} cases shown.`;
  }

  /* The controls of one kind of evidence. */
  function control(view, fields) {
    const field = (name) => fields.querySelector(`[data-control=${name}]`);
    const { data } = view;
    const has = (test) => data.cases.some((each) => each.on.some((cell) => cell && test(cell, each)));
    const units = data.exact ? [["auto", "instructions"]] : [["auto", "time (ns, µs, ms)"], ["ns", "ns"]];
    if (has((cell) => cell.t)) units.push(["ticks", "TSC ticks"]);
    if (has((cell) => cell.c)) units.push(["cycles", "core cycles"]);
    units.push(["ratio", "ratio to the baseline"]);
    if (has((_, each) => each.p)) units.push(["page", data.exact ? "instructions a page" : "time a page"]);
    units.forEach(([value, text]) => field("unit").append(make("option", text, { value })));
    if (view.several) group("the same case on", data.machines.map((name, place) => [`m${place}`, name]));
    group("the same machine's", data.cases.map((each, place) => [`c${place}`, each.n]));
    function group(label, entries) {
      const found = make("optgroup", "", { label });
      entries.forEach(([value, text]) => found.append(make("option", text, { value })));
      field("base").append(found);
    }
    const restore = () => {
      field("base").value = view.base;
      field("unit").value = view.unit;
      field("family").value = view.family;
      field("text").value = "";
    };
    restore();
    field("family").addEventListener("change", (event) => {
      view.family = event.target.value;
      announce(filter(view));
    });
    field("text").addEventListener("input", (event) => {
      view.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
      announce(filter(view));
    });
    field("unit").addEventListener("change", (event) => {
      view.unit = event.target.value;
      show(view);
      announce(`Costs in this section and its lists are now shown as ${view.unitName}.`);
    });
    field("base").addEventListener("change", (event) => {
      view.base = event.target.value;
      view.ratios.clear();
      show(view);
      announce(`Ratios are now to ${view.baseName}.`);
    });
    field("reset").addEventListener("click", () => {
      view.reset();
      restore();
      show(view);
      announce(`Reset: ${filter(view)}`);
    });
    fields.hidden = false;
  }

  /* Tables: sort by a column, copy what is shown. */
  const collator = new Intl.Collator("en", { numeric: true });
  function sortKey(cell) {
    if (!cell) return "";
    if (sortKeys.has(cell)) return sortKeys.get(cell);
    const text = cell.textContent.trim(), found = text.match(/^(-?[\d,]*\.?\d+)(?: (ns|µs|ms|s)\b)?/);
    if (!found) return text;
    const size = TIMES.find(([, name]) => name === found[2]);
    return Number(found[1].replaceAll(",", "")) * (size ? size[0] : 1);
  }
  function compare(first, second) {
    const none = (key) => key === "" || key === "–" || Number.isNaN(key);
    if (none(first) || none(second)) return none(first) - none(second);
    if (typeof first === "number" && typeof second === "number") return first - second;
    return collator.compare(String(first), String(second));
  }
  function sortable(table) {
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
        const empty = ([key]) => key === "" || key === "–" || Number.isNaN(key);
        rows.sort((first, second) => (empty(first) || empty(second) ? 1 : way) * compare(first[0], second[0]));
        body.replaceChildren(...rows.map(([, row]) => row));
        announce(`Sorted by ${button.textContent}, ${way > 0 ? "ascending" : "descending"}.`);
      });
    });
  }
  const wording = (cell) => [...cell.childNodes].map((node) => node.textContent.trim()).filter(Boolean).join(" ").replace(/\s+/g, " ");
  function grid(table) {
    const rows = [...table.tHead.rows, ...table.tBodies[0].rows].filter((row) => !row.hidden);
    return rows.map((row) => [...row.cells].filter((cell) => !cell.classList.contains("plot")).map(wording));
  }
  const FORMATS = {
    Markdown: (rows) => {
      const cells = (row) => `| ${row.map((text) => text.replace(/[\\`*_[\]<>|#]/g, "\\$&")).join(" | ")} |`;
      return [cells(rows[0]), `|${" --- |".repeat(rows[0].length)}`, ...rows.slice(1).map(cells)].join("\n");
    },
    CSV: (rows) => {
      /* A spreadsheet takes a text that begins so for a formula, unless it is a number. */
      const safe = (text) => (/^[=+\-@\t]/.test(text) && !/^-?[\d.]/.test(text) ? `'${text}` : text);
      return rows.map((row) => row.map((text) => `"${safe(text).replaceAll('"', '""')}"`).join(",")).join("\n");
    },
    LaTeX: (rows) => {
      const special = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "µ": "\\textmu{}", "–": "--" };
      const escaped = (text) => text.replace(/[\\~^µ–]|[&%$#_{}]/g, (mark) => special[mark] || `\\${mark}`);
      const line = (row) => `${row.map(escaped).join(" & ")} \\\\`;
      return [`\\begin{tabular}{l${"r".repeat(rows[0].length - 1)}}`, "\\toprule", line(rows[0]), "\\midrule",
              ...rows.slice(1).map(line), "\\bottomrule", "\\end{tabular}"].join("\n");
    },
  };
  async function copy(table, format, tools) {
    const rows = grid(table), text = FORMATS[format](rows);
    tools.querySelector("textarea")?.remove();
    try {
      await navigator.clipboard.writeText(text);
      announce(`Copied ${rows.length - 1} rows as ${format}.`);
    } catch {
      const area = make("textarea", text, { class: "copied", readonly: "", "aria-label": `The table as ${format}` });
      tools.append(area);
      area.focus();
      area.select();
      announce(`This browser lets no page copy: ${rows.length - 1} rows as ${format} are selected, to be copied by hand.`);
    }
  }
  function copyable(table) {
    const title = table.caption?.querySelector("strong")?.textContent || "the table";
    const tools = make("div", "", { class: "tools", role: "group", "aria-label": `Copy ${title}` });
    tools.append(make("span", "Copy as"));
    Object.keys(FORMATS).forEach((format) => {
      const button = make("button", format, { type: "button" });
      button.addEventListener("click", () => copy(table, format, tools));
      tools.append(button);
    });
    table.closest(".scroll").before(tools);
    return tools;
  }
  function toggleable(table, tools, view) {
    const button = make("button", "Log axis", { type: "button", "aria-pressed": String(table.dataset.log === "1") });
    button.addEventListener("click", () => {
      const log = table.dataset.log !== "1";
      table.dataset.log = log ? "1" : "0";
      button.setAttribute("aria-pressed", String(log));
      draw(table, view);
      announce(`The axis is ${log ? "logarithmic" : "linear, from zero"}.`);
    });
    tools.prepend(button);
  }

  /* A link to a case opens what is folded around it. */
  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let place = target.parentElement; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
    target.scrollIntoView();
  }

  const views = new Map(all("script[type='application/json']").map((each) =>
    [each.dataset.key, new View(each.dataset.key, JSON.parse(each.textContent))]));
  all("table.data").forEach((table) => {
    sortable(table);
    const tools = copyable(table);
    if (table.classList.contains("strips")) toggleable(table, tools, views.get(table.dataset.key));
  });
  all("fieldset.controls").forEach((fields) => control(views.get(fields.dataset.key), fields));
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => all("details.folded, details.findings").forEach((each) => { each.open = true; }));
  reveal();
})();
