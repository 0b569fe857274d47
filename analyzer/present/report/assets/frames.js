// The frames of one connection as a ladder: the client's line left, the server's right, time downward.

const SILENCE_US = 1e6;
const SUMMED = 3;

function frames(row, story) {
  const start = startOf(row);
  const [client, server] = endsOf(row);
  let before = null;
  const lines = story.rows.flatMap((frame) => {
    const gap = before === null ? null : frame[1] - before;
    before = frame[2] === SUMMED ? frame[5] : frame[1];
    return [gap !== null && gap >= SILENCE_US ? silence(gap) : null, line(frame, gap, start)];
  });
  return el("table", { class: "frames" },
    el("caption", { class: "unseen" }, "Frames, by time"),
    el("thead", {}, el("tr", {},
      el("th", { scope: "col", class: "number" }, "Frame"), el("th", { scope: "col", class: "number" }, "Time"),
      el("th", { scope: "col", class: "number" }, "Gap"),
      el("th", { scope: "col" }, el("span", { class: "ladder-head" }, el("span", {}, `client ${client}`), el("span", {}, `server ${server}`))),
      el("th", { scope: "col", class: "header" }, "seq, ack, window, length"))),
    el("tbody", {}, lines));
}

function line([frame, us, sender, style, label, ...rest], gap, start) {
  const numbers = sender === SUMMED || rest.length < 4 ? "" : `${rest[0]} ${rest[1]} ${rest[2]} ${rest[3] ?? ""}`;
  return el("tr", { class: `sent-${["client", "server", "neither", "summed"][sender]}` },
    el("td", { class: "number" }, String(frame)),
    el("td", { class: "number" }, timeOf(us, start)),
    el("td", { class: "number faint" }, gap === null ? "" : duration(gap / 1e6)),
    el("td", {}, el("div", { class: `ladder mark-${style}` },
      el("span", { class: "unseen" }, ["client: ", "server: ", "", ""][sender]),
      el("span", { class: "stroke", "aria-hidden": "true" }), el("span", { class: "label" }, label), el("span", { class: "stroke", "aria-hidden": "true" }))),
    el("td", { class: "header faint" }, numbers));
}

function silence(us) {
  const said = us >= 60e6 ? `${duration(us / 1e6)} of silence` : "";
  return el("tr", { class: "silence", "aria-hidden": said ? null : "true" }, el("td", {}), el("td", {}), el("td", {}),
    el("td", {}, el("div", { class: "ladder" }, said)), el("td", { class: "header" }));
}
