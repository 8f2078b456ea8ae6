/* Ratios of two cases of one run, as the report computes them: from the medians over processes and their 95 %
   intervals (analysis/estimate/median_interval.py). Ratios of two machines are `pkbench compare`'s, and come with the
   page. */

/* [ratio], or [ratio, low, high], of two costs as [median, low, high], all above zero. */
function quotient(over, under, exact) {
  const value = over[0] / under[0];
  if (exact || [...over, ...under].some((each) => each == null)) return [value];
  const below = Math.hypot(Math.log(over[0] / over[1]), Math.log(under[2] / under[0]));
  const above = Math.hypot(Math.log(over[2] / over[0]), Math.log(under[0] / under[1]));
  return [value, value * Math.exp(-below), value * Math.exp(above)];
}
