// How many connections were doing what, over the time of a capture: the lanes, added up.

const BINS = 240;
const STACKED = [0, 1, 2, 3]; // of PHASES, from below; what is closed is not there any more
const TALL = 110;

/** Of each phase the mean number of connections in it, bin by bin. */
function counts(rows, end) {
  const sums = PHASES.map(() => new Float64Array(BINS + 1));
  const bin = end / BINS;
  for (const row of rows) {
    for (const [phase, since, until] of laneOf(row).spans) {
      const first = Math.min(Math.floor(since / bin), BINS - 1), last = Math.min(Math.floor(until / bin), BINS - 1);
      for (let at = first; at <= last; at++) {
        const share = (Math.min(until, (at + 1) * bin) - Math.max(since, at * bin)) / bin;
        sums[phase][at] += Math.max(share, 0);
      }
    }
  }
  return sums;
}

/** The picture, where there is one capture and more than one connection. */
function overview() {
  const [about] = report.captures;
  if (report.captures_of !== 1 || flows.count < 2 || !about.end_us) return null;
  const sums = counts([...Array(flows.count).keys()], about.end_us);
  const height = Math.max(1, ...Array.from({ length: BINS }, (_, at) => STACKED.reduce((sum, phase) => sum + sums[phase][at], 0)));
  const picture = svg("svg", { class: "overview", viewBox: `0 0 ${BINS} ${TALL}`, preserveAspectRatio: "none", role: "img", "aria-label": overviewWords(sums) });
  const below = new Float64Array(BINS);
  for (const phase of STACKED) {
    const y = (count) => (TALL * (1 - count / height)).toFixed(2);
    const under = Array.from(below, (count, at) => `L${at + 1} ${y(count)}L${at} ${y(count)}`).reverse().join("");
    for (let at = 0; at < BINS; at++) below[at] += sums[phase][at];
    const over = Array.from(below, (count, at) => `L${at} ${y(count)}L${at + 1} ${y(count)}`).join("");
    picture.append(svg("path", { class: `phase-${PHASES[phase]}`, d: `M${over.slice(1)}${under}Z` }));
  }
  return el("figure", { class: "over-time" },
    el("figcaption", {}, `What ${flows.count < report.flows_of ? "the connections below" : "the connections"} were doing (up to ${number(Math.round(height))} at a time)`),
    picture, axis(0, about.end_us, about.start),
    el("ul", { class: "legend", "aria-hidden": "true" }, STACKED.map((phase) => el("li", {}, key(PHASES[phase], 10), PHASES[phase]))));
}

function overviewWords(sums) {
  const most = (phase) => {
    const at = sums[phase].indexOf(Math.max(...sums[phase]));
    return `at most ${number(Math.round(sums[phase][at]))} ${PHASES[phase]}`;
  };
  return `Connections over time: ${STACKED.map(most).join(", ")} at a time`;
}
