/* The controls of one kind of evidence: which cases are shown, in which unit, against which baseline. */
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

function unitsOf({ cases, exact }) {
  const has = (test) => cases.some((each) => each.on.some((cell) => cell && test(cell, each)));
  const units = exact ? [["auto", "instructions"]] : [["auto", "time (ns, µs, ms)"], ["ns", "ns"]];
  if (has((cell) => cell.ticks_per_second)) units.push(["ticks", "TSC ticks"]);
  if (has((cell) => cell.cycles)) units.push(["cycles", "core cycles"]);
  units.push(["ratio", "ratio to the baseline"]);
  if (has((_, each) => each.pages)) units.push(["page", exact ? "instructions per page" : "time per page"]);
  return units;
}

/* A baseline as the value of its option, and back. */
const baseValue = ({ kind, place }) => `${kind} ${place}`;
const baseOf = (value) => {
  const [kind, place] = value.split(" ");
  return { kind, place: Number(place) };
};

function baseGroup(label, kind, names) {
  const group = make("optgroup", "", { label });
  names.forEach((name, place) => {
    if (name !== null) group.append(make("option", name, { value: baseValue({ kind, place }) }));
  });
  return group;
}

function connect(view, fields) {
  const field = (name) => fields.querySelector(`[data-control=${name}]`);
  const { data } = view;
  unitsOf(data).forEach(([value, text]) => field("unit").append(make("option", text, { value })));
  if (view.several) field("base").append(baseGroup("same case on", "machine",
    data.machines.map((name, place) => (data.compared[place] ? name : null))));
  field("base").append(baseGroup("on the same machine", "case", data.cases.map((each) => each.name)));
  const restore = () => {
    field("base").value = baseValue(view.base);
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
    announce(`Costs of this kind of evidence are now shown as ${view.unitName}.`);
  });
  field("base").addEventListener("change", (event) => {
    view.base = baseOf(event.target.value);
    view.ratios.clear();
    show(view);
    announce(`Ratios are now relative to ${view.baseName}.`);
  });
  field("reset").addEventListener("click", () => {
    view.reset();
    restore();
    show(view);
    announce(`Reset: ${filter(view)}`);
  });
  fields.hidden = false;
}
