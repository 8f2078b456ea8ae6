/* Ratios of two cases of one run, as the report computes them: of medians over processes, with the 95 % interval of a
   percentile bootstrap. Ratios of two machines are `pkbench compare`'s, and come with the page. */
const RESAMPLES = 1999, FEWEST_PROCESSES = 2;

/* mulberry32: a small seeded generator, so that a ratio is the same each time it is shown. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/* Sorts in place, by insertion: there are few values. */
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

/* A quantile of sorted numbers, interpolated linearly. */
function quantile(sorted, share) {
  const place = share * (sorted.length - 1), below = Math.floor(place), above = Math.ceil(place);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/* Whether both cells rest on the same known rounds; where `rounds` is absent they are 0, 1, 2 … */
function paired(over, under) {
  return over.rounds !== null && JSON.stringify(over.rounds) === JSON.stringify(under.rounds)
    && over.process_values.length === under.process_values.length;
}

/* [ratio], or [ratio, low, high] of two measured cells. Cells of the same rounds are resampled together. */
function ratio(over, under, exact) {
  const value = over.cost[0] / under.cost[0], overs = over.process_values, unders = under.process_values;
  if (exact || Math.min(overs.length, unders.length) < FEWEST_PROCESSES) return [value];
  const random = generator(20161002), together = paired(over, under), found = new Float64Array(RESAMPLES);
  const above = new Float64Array(overs.length), below = new Float64Array(unders.length);
  for (let sample = 0; sample < RESAMPLES; sample++) {
    for (let place = 0; place < above.length; place++) {
      const drawn = Math.floor(random() * above.length);
      above[place] = overs[drawn];
      if (together) below[place] = unders[drawn];
    }
    if (!together) for (let place = 0; place < below.length; place++) below[place] = unders[Math.floor(random() * below.length)];
    found[sample] = median(above) / median(below);
  }
  found.sort();
  return [value, quantile(found, 0.025), quantile(found, 0.975)];
}
