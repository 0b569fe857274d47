// Text to take along: commands, settings, display filters.

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text); // no permission, or the page came over plain HTTP
  }
}

function copiedBySelection(text) {
  const field = el("textarea", { class: "unseen", readonly: true, "aria-hidden": "true" });
  field.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

function copyButton(text, what) {
  const self = button("Copy", async () => {
    const done = await copied(text);
    self.textContent = done ? "Copied" : "Press Ctrl+C";
    say(done ? `Copied: ${what}` : "The browser does not let the page copy");
    setTimeout(() => { self.textContent = "Copy"; }, 1600);
  }, { class: "copy", "aria-label": `Copy ${what}` });
  return self;
}

/** Code with its button. */
function toCopy(text, what) {
  return el("span", { class: "code" }, el("code", {}, text), copyButton(text, what));
}

/** A sentence of diagnosis: times as the clock says them, `code` with a button to copy it. */
function prose(sentence, start) {
  return told(sentence, start).split("`").map((part, place) =>
    place % 2 ? (part.includes(" ") ? toCopy(part, "command") : el("code", {}, part)) : part);
}
