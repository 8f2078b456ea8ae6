/* Connect the page: filters, sorting, other units and baselines, axes, copies. All numbers are in the page; nothing
   is fetched. Text is only ever inserted as text, never parsed as markup. */
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const make = (name, text = "", attributes = {}) => {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

/* Tell a reader, and a screen reader, what a control did. */
let clearing = 0;
function announce(text) {
  const place = document.getElementById("announce");
  place.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => { place.textContent = ""; }, 6000);
}

/* Open everything folded around the target of a link. */
function reveal() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let place = target.parentElement; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
  target.scrollIntoView();
}

const views = new Map(all("script[type='application/json']").map((each) =>
  [each.dataset.key, new View(each.dataset.key, JSON.parse(each.textContent))]));
all("table.data").forEach((table) => {
  makeSortable(table);
  const tools = addCopyButtons(table);
  if (table.classList.contains("cost-list")) addAxisButton(table, tools, views.get(table.dataset.key));
});
all("fieldset.controls").forEach((fields) => connect(views.get(fields.dataset.key), fields));
addEventListener("hashchange", reveal);
addEventListener("beforeprint", () => all("details.folded, details.findings").forEach((each) => { each.open = true; }));
reveal();
