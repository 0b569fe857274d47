// Lanes: what a connection was doing when, as a bar that changes its height and colour, with marks.

const PHASES = ["active", "idle", "probing", "dead", "closed"];
const MARK_WORDS = ["probe", "unanswered probe", "reply", "RST", "SYN", "FIN", "ICMP error"];
const HEIGHTS = [10, 4, 7, 10, 1];
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const PLACES = 4095;
const MIDDLE = 11;
const THINNEST = 0.4; // of a lane's width in percent: what is shorter is drawn as 2 px
const DRAWN = [ // of each mark, around its place
  "M0 1V8", "M0 1V21M-2.5 1H2.5", "M0 14V21", "M-4 7L4 15M-4 15L4 7", "M-3 21L0 16L3 21Z", "M-2.5 8.5H2.5V13.5H-2.5Z", "M0 6L4 11L0 16L-4 11Z",
];
const ORDER = [4, 5, 0, 2, 1, 6, 3]; // what must not be hidden is drawn last

/** [what, where from 0 to 1] of each. */
function decoded(text) {
  const found = [];
  for (let at = 0; at < text.length; at += 3) {
    found.push([Number(text[at]), (DIGITS.indexOf(text[at + 1]) * 64 + DIGITS.indexOf(text[at + 2])) / PLACES]);
  }
  return found;
}

/** Spans [phase, from, to] and marks [mark, at] of a connection, in µs since its capture's start. */
function laneOf(row) {
  const [phases, marks] = flows.lanes[row].split(" ").map(decoded);
  const start = value("start", row), end = value("end", row), last = Math.max(captureOf(row).end_us, end);
  const at = (place) => start + place * (end - start);
  const spans = phases.map(([phase, place], index) =>
    [phase, at(place), index + 1 < phases.length ? at(phases[index + 1][1]) : end]);
  spans.push([Number(flows.tails[row]), end, last]);
  return { spans, marks: marks.map(([mark, place]) => [mark, at(place)]) };
}

/** The lane as a picture. from, to: what it shows, in µs since the capture's start. */
function drawnLane(row, from, to, attributes = { "aria-hidden": "true" }) {
  const { spans, marks } = laneOf(row);
  const across = (us) => `${Math.min(Math.max((us - from) / Math.max(to - from, 1), 0), 1) * 100}%`;
  const picture = svg("svg", { class: "lane", focusable: "false", ...attributes });
  for (const [phase, since, until] of spans) {
    if (until < from || since > to || (until === since && phase !== 0)) continue;
    const share = ((Math.min(until, to) - Math.max(since, from)) / Math.max(to - from, 1)) * 100;
    picture.append(svg("rect", {
      class: `phase-${PHASES[phase]}`, x: across(since), y: MIDDLE - HEIGHTS[phase] / 2,
      width: share < THINNEST ? "2" : `${share}%`, height: HEIGHTS[phase],
    }));
  }
  for (const [mark, at] of marks.sort((one, other) => ORDER.indexOf(one[0]) - ORDER.indexOf(other[0]))) {
    if (at < from || at > to) continue;
    picture.append(svg("svg", { x: across(at), overflow: "visible" }, svg("path", { class: `mark-${mark}`, d: DRAWN[mark] })));
  }
  return picture;
}

/** What a lane shows, in words. */
function laneWords(row) {
  const { spans, marks } = laneOf(row);
  const said = spans.filter(([, since, until]) => until > since)
    .map(([phase, since, until]) => `${PHASES[phase]} ${duration((until - since) / 1e6)}`);
  const counts = MARK_WORDS.map((word, mark) => [marks.filter(([each]) => each === mark).length, word])
    .filter(([count]) => count).map(([count, word]) => `${count} ${word}`);
  return said.join(", ") + (counts.length ? `; marks: ${counts.join(", ")}` : "");
}

/** Times along an axis from one to the other, at round distances. */
function axis(from, to, start) {
  const scale = el("div", { class: "axis", "aria-hidden": "true" });
  const step = roundStep((to - from) / 6);
  for (let at = Math.ceil(from / step) * step; at <= to && step > 0; at += step) {
    if (at > from + 0.95 * (to - from)) break; // no room for its words
    const tick = el("span", {}, clock.mode === "relative" ? shortSeconds(at, step) : timeOf(at, start).slice(0, step < 1e6 ? 12 : 8));
    tick.style.left = `${((at - from) / Math.max(to - from, 1)) * 100}%`;
    scale.append(tick);
  }
  return scale;
}

function roundStep(us) {
  for (let power = 1; power < 1e16; power *= 10) {
    for (const factor of [1, 2, 5]) if (factor * power >= us) return factor * power;
  }
  return us;
}

function shortSeconds(us, step) {
  return `${(us / 1e6).toFixed(Math.max(0, Math.ceil(-Math.log10(step / 1e6) - 1e-9)))} s`;
}

/** A sample of a lane in a phase, with more on it. */
function key(phase, height, ...more) {
  return svg("svg", { class: "lane key", "aria-hidden": "true" },
    svg("rect", { class: `phase-${phase}`, width: "100%", y: MIDDLE - height / 2, height }), more);
}

function legend() {
  const phases = PHASES.map((word, phase) => el("li", {}, key(word, HEIGHTS[phase]), word));
  const marks = MARK_WORDS.map((word, mark) => el("li", {},
    key("idle", HEIGHTS[1], svg("svg", { x: "50%", overflow: "visible" }, svg("path", { class: `mark-${mark}`, d: DRAWN[mark] }))), word));
  return el("ul", { class: "legend", "aria-label": "What the timelines show" }, phases, marks);
}
