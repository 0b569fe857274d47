// Which connections are listed, in which order.

const choice = { words: "", verdicts: new Set(), sort: null, descending: false, rows: [] };

const hay = [];

/** All that a connection is searched by, in small letters. */
function hayOf(row) {
  hay[row] ??= ["flow", "verdict", "client", "client_port", "server", "server_port", "reason", "findings", "stack", "client_state", "server_state", "closed_by"]
    .map((name) => value(name, row)).concat(endsOf(row), attention(row), captureOf(row).name).join(" ").toLowerCase();
  return hay[row];
}

function choose() {
  const words = choice.words.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [];
  for (let row = 0; row < flows.count; row++) {
    if (choice.verdicts.size && !choice.verdicts.has(value("verdict", row))) continue;
    if (words.every((word) => hayOf(row).includes(word))) rows.push(row);
  }
  const column = columns.find((each) => each.id === choice.sort);
  if (column) {
    const ranks = new Map(rows.map((row) => [row, column.rank(row)]));
    const sign = choice.descending ? -1 : 1;
    rows.sort((one, other) => {
      const [left, right] = [ranks.get(one), ranks.get(other)];
      if (left === null || right === null) return (left === null) - (right === null) || one - other;
      return sign * compared(left, right) || one - other;
    });
  }
  choice.rows = rows;
}

/** Sort by a column: upwards, then downwards, then in the order that the report came in. */
function sortBy(id) {
  if (choice.sort !== id) Object.assign(choice, { sort: id, descending: false });
  else if (!choice.descending) choice.descending = true;
  else Object.assign(choice, { sort: null, descending: false });
}
