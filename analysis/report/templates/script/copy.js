/* Copying a table, as it is filtered and sorted, as Markdown, CSV or LaTeX. */
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
    /* A spreadsheet takes a text that begins like this for a formula, unless it is a number. */
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
    announce(`This browser does not let the page copy. ${rows.length - 1} rows as ${format} are selected: copy them with the keyboard.`);
  }
}

function addCopyButtons(table) {
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
