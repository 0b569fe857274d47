// How numbers, durations and times are said: as everywhere in the program.

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const SAY_MINUTES = 10 * MINUTE;
const MOMENT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z/g;

function number(count) {
  return count.toLocaleString("en-US");
}

function counted(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** 412 µs, 4.1 ms, 1.024 s, 350.2 s, 11 min 40 s, 2 h 11 min */
function duration(seconds) {
  if (seconds < 0) return "-" + duration(-seconds);
  if (seconds < 0.0009995) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 0.9995) return `${(seconds * 1e3).toFixed(seconds < 0.09995 ? 1 : 0)} ms`;
  if (seconds < 9.9995) return `${seconds.toFixed(3)} s`;
  if (seconds < SAY_MINUTES) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  for (const [unit, name, less, lessName] of [[DAY, "d", HOUR, "h"], [HOUR, "h", MINUTE, "min"], [MINUTE, "min", 1, "s"]]) {
    if (whole >= unit) {
      const rest = Math.floor((whole % unit) / less);
      return `${Math.floor(whole / unit)} ${name}${rest ? ` ${rest} ${lessName}` : ""}`;
    }
  }
  return `${whole} s`;
}

/** 517 bytes, 3.2 kB, 48.1 MB */
function size(octets) {
  if (octets < 1000) return counted(octets, "byte");
  let value = octets;
  for (const unit of ["kB", "MB", "GB", "TB"]) {
    value /= 1000;
    if (value < 999.95 || unit === "TB") return `${value.toFixed(1)} ${unit}`;
  }
}

function endpoint(address, port) {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

// Times: a moment is text in UTC with nine decimals; within a capture they count in µs from its start.

const clock = { mode: "relative" };

/** Whole seconds since the epoch, and the rest in ns. */
function parsed(moment) {
  return { seconds: Date.parse(moment.slice(0, 19) + "Z") / 1000, ns: Number(moment.slice(20, 29)) };
}

function sinceStart(moment, start) {
  const at = parsed(moment), zero = parsed(start);
  return at.seconds - zero.seconds + (at.ns - zero.ns) / 1e9;
}

/** 75.204 since the start of the capture, or 12:03:11.204 */
function timeOf(us, start) {
  if (clock.mode === "relative" || !start) return (us / 1e6).toFixed(3);
  const zero = parsed(start);
  return timeOfDay(new Date(zero.seconds * 1000 + (zero.ns / 1e6 + us / 1e3)));
}

function timeOfDay(date) {
  if (clock.mode === "utc") return date.toISOString().slice(11, 23);
  const two = (value) => String(value).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

function dayOf(date) {
  if (clock.mode === "utc") return date.toISOString().slice(0, 10);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}

/** A moment in full: 2026-11-20 12:03:11.204 UTC, or local time with its offset. */
function fullMoment(moment) {
  const date = new Date(moment.slice(0, 23) + "Z");
  if (clock.mode !== "local") return `${moment.slice(0, 10)} ${moment.slice(11, 23)} UTC`;
  const offset = -date.getTimezoneOffset();
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
  const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
  return `${dayOf(date)} ${timeOfDay(date)} ${offset < 0 ? "-" : "+"}${hours}${minutes}`;
}

/** A sentence with its times as the clock says them. start: of its capture. */
function told(sentence, start) {
  return sentence.replace(MOMENT, (moment) => {
    if (clock.mode === "relative" && start) return `time ${sinceStart(moment, start).toFixed(3)}`;
    const date = new Date(moment.slice(0, 23) + "Z");
    const sameDay = start && dayOf(date) === dayOf(new Date(start.slice(0, 23) + "Z"));
    return (sameDay ? "" : `${dayOf(date)} `) + timeOfDay(date);
  });
}
