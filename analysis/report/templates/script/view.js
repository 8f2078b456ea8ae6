/* One kind of evidence as the reader looks at it: which unit, which baseline, which cases. `data` is what
   Listing.numbers ships. */
class View {
  constructor(key, data) {
    this.key = key;
    this.data = data;
    this.several = data.machines.length > 1;
    this.reset();
  }
  reset() {
    this.unit = "auto";
    this.base = { kind: this.several ? "machine" : "case", place: this.data.baseline };
    this.family = "";
    this.words = [];
    this.ratios = new Map();
  }
  cell(number, machine) { return this.data.cases[number].on[machine]; }
  get baseName() {
    const { kind, place } = this.base;
    return kind === "machine" ? this.data.machines[place] : this.data.cases[place].name;
  }
  under(number, machine) {
    const { kind, place } = this.base;
    return kind === "machine" ? this.cell(number, place) : this.cell(place, machine);
  }
  /* Whether two machines differ, as `pkbench compare` says. */
  differs(number, machine) {
    const found = this.base.kind === "machine" && this.ratio(number, machine);
    return Boolean(found && found[3]);
  }
  isBase(number, machine) {
    return this.base.place === (this.base.kind === "machine" ? machine : number);
  }
  ratio(number, machine) {
    const name = `${number} ${machine}`;
    if (!this.ratios.has(name)) {
      const over = this.cell(number, machine), under = this.under(number, machine);
      this.ratios.set(name, !over || !under ? null : this.isBase(number, machine) ? [1]
        : this.base.kind === "machine" ? this.data.compared[this.base.place][machine][number]
        : quotient(over.cost, under.cost, this.data.exact));
    }
    return this.ratios.get(name);
  }
  /* [value, low, high] in the chosen unit; null where the cell is not known in that unit. */
  numbers(number, machine) {
    const cell = this.cell(number, machine), pages = this.data.cases[number].pages;
    if (!cell) return null;
    const scaled = (by) => cell.cost.map((each) => (each === null ? null : each * by));
    switch (this.unit) {
      case "ticks": return cell.ticks_per_second ? scaled(cell.ticks_per_second) : null;
      case "cycles": return cell.cycles || null;
      case "ratio": return this.ratio(number, machine);
      case "page": return pages ? scaled(1 / pages) : null;
      default: return cell.cost;
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
             ratio: `ratio to ${this.baseName}`, page: this.data.exact ? "instructions per page" : "time per page" }[this.unit];
  }
  matches(number) {
    const { name, family } = this.data.cases[number];
    return (!this.family || family === this.family) && this.words.every((word) => name.toLowerCase().includes(word));
  }
}
