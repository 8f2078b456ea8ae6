/* Numbers as the page shows them: three significant digits, commas between thousands. */
const TIMES = [[1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"]];

function figures(number, digits = 3) {
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (!Number.isFinite(number) || size < 1e-6 || size >= 1e15) return number.toPrecision(digits);
  const rounded = Number(number.toPrecision(digits));
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
}

/* The largest unit that gives a time at least one digit before the point, as [seconds, name]. */
function timeUnit(seconds) {
  const fitting = TIMES.filter(([size]) => Math.abs(seconds) >= size * 0.9995);
  return fitting.length ? fitting[fitting.length - 1] : TIMES[0];
}

function instructions(value) {
  const whole = Math.abs(value - Math.round(value)) < 0.005;
  const digits = whole ? 0 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function costText(value, exact) {
  const [size, name] = timeUnit(value);
  return exact ? instructions(value) : `${figures(value / size)} ${name}`;
}

function ratioText(found) {
  if (!found) return "–";
  const [value, low, high] = found;
  return found.length < 3 || low === high ? figures(value) : `${figures(value)} [${figures(low)}, ${figures(high)}]`;
}
