// The page as a whole: who judges, which pair is before them, and what they say of it.
import { Ahead } from "./ahead.js";
import { get, Outbox, post, Refused, sound, Trouble } from "./api.js";
import { at, percent } from "./dom.js";
import { listenToKeys } from "./keys.js";
import { List } from "./list.js";
import { mark, showPair } from "./pair.js";
import { load, showPlace } from "./place.js";
import { Player } from "./player.js";
import { beginTheme } from "./theme.js";
import { Wave } from "./wave.js";

const RATES = [1, 0.75, 0.5];
const ALIVE = 60000; // milliseconds between two signs of life, so that what this window holds stays its own
const TOO_SOON = 200; // milliseconds after a pair has come: who presses then meant the one before
const LAST = 1.5; // seconds before an end that was moved, which are played
const BEHIND = 5; // judged pairs that are kept, for an undo without a wait

const tab = (sessionStorage.tab ??= `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`);
const said = {}; // what this person says of which pair
let person = new URLSearchParams(location.search).get("person") || localStorage.person || "";
let current = null; // {id, how, pair, sound, images}
let behind = [];
let outbox = null;
let busy = false;
let shownAt = 0;
let fresh = true;

const player = new Player(at("player"), showPlaying);
const wave = new Wave(showMoved, (second) => playFrom(second));
const list = new List(said, (id) => choose(id));
const ahead = new Ahead(ask, prepare);

async function ask() {
  const about = fresh ? { person, tab, fresh: 1 } : { person, tab };
  const found = await get("/api/next", about);
  fresh = false;
  return found;
}

async function prepare(id, how) {
  const pair = await get(`/api/pair/${encodeURIComponent(id)}`);
  const images = load(pair.place);
  const heard = pair.sound.url ? await sound(pair.sound.url).catch((error) => ((pair.sound.note = error.message), null)) : null;
  return { id, how, pair, sound: heard, images };
}

function show(item) {
  player.stop();
  current = item;
  document.activeElement?.closest("[role=slider]")?.blur(); // the arrows mean neighbours again
  shownAt = performance.now();
  message("");
  at("sound-note").textContent = item.pair.sound.note;
  at("sound-note").hidden = !item.pair.sound.note;
  showPair(item.pair, item.how, said[item.id], { seek: playFrom, listen });
  wave.show(item.pair, item.sound);
  showPlace(item.pair, item.images);
  showMoved(wave.start, wave.end);
  scrollTo(0, 0);
  document.body.dataset.pair = item.id;
  playSegment();
  ahead.fill();
}

function message(text) {
  at("message").textContent = text;
  at("again").hidden = true;
  at("main").classList.toggle("empty", Boolean(text));
  if (text) delete document.body.dataset.pair;
}

// Do one thing at a time: what is asked for while a pair is on its way would be said of another one.
async function alone(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } finally {
    busy = false;
  }
}

async function next() {
  let item = null;
  while (!item || (item.id && said[item.id])) item = await arrived(); // what was judged meanwhile, from the list, is passed over
  if (item.id) show(item);
  else if (item.wrong) message(item.wrong);
  else end(item.held);
}

// The next pair, however long the server is away.
async function arrived() {
  const late = setTimeout(() => message("One moment …"), 400);
  try {
    return await ahead.take();
  } catch (error) {
    if (error instanceof Refused) return { wrong: error.message };
    message(`${error instanceof Trouble ? error.message : "The server is away."} It is asked again.`);
    return await new Promise((go) => setTimeout(go, 2000));
  } finally {
    clearTimeout(late);
  }
}

function end(held) {
  current = null;
  player.stop();
  const others = held ? ` ${held} pair${held > 1 ? "s are" : " is"} before others just now.` : "";
  message(`Nothing is left for you to judge. Thank you!${others}`);
  at("again").hidden = !held;
}

function choose(id) {
  return alone(async () => {
    try {
      const item = await prepare(id, "chosen");
      keepForLater();
      show(item);
    } catch (error) {
      tell(error.message, true);
    }
  });
}

// A pair of the queue that is left without a verdict comes again when the one that was chosen is done with.
function keepForLater() {
  if (current && current.how !== "chosen" && !said[current.id]) ahead.putBack(current);
}

function judge(verdict) {
  return alone(async () => {
    if (!current || performance.now() - shownAt < TOO_SOON) return;
    const [start, end] = [wave.start, wave.end];
    const ends = verdict === "ends" ? { new_start: start, new_end: end } : {};
    const seconds = (performance.now() - shownAt) / 1000;
    outbox.add({ pair: current.id, person, verdict, how: current.how, seconds, ...ends }, said[current.id]);
    said[current.id] = verdict;
    behind = [...behind, current].slice(-BEHIND);
    current = null;
    await next();
  });
}

function undo() {
  return alone(async () => {
    try {
      const unsent = outbox.takeBack();
      if (!unsent && outbox.failing) return tell("The server is away: the last verdict can be undone when it is back.", true);
      if (!unsent) await outbox.send();
      const taken = unsent ?? (await post("/api/undo", { person, tab }));
      if (!taken.pair) return tell("There is nothing to undo.");
      if (taken.summary) showFigures(taken.summary);
      if (taken.said) said[taken.pair] = taken.said; // of two verdicts on it the first stands again
      else delete said[taken.pair];
      const item = behind.findLast((one) => one.id === taken.pair) ?? (await prepare(taken.pair, taken.how));
      behind = behind.filter((one) => one !== item);
      keepForLater();
      show(item);
      tell("Undone");
    } catch (error) {
      tell(error.message, true);
    }
  });
}

async function playFrom(second) {
  if (!current?.sound) return;
  const end = second < wave.end ? wave.end : Infinity;
  await player.play(current.sound, second, end);
}

async function playSegment() {
  if (!current?.sound) return;
  if (!(await player.play(current.sound, wave.start, wave.end))) tell("Press Play (Space) to listen");
}

async function listen(other) {
  const heard = await sound(other.url).catch((error) => tell(error.message, true));
  if (heard) await player.play(heard, other.start, other.end);
}

function playOrPause() {
  if (player.playing) player.pause();
  else if (player.over) playSegment();
  else player.resume();
}

function showPlaying() {
  at("play").firstElementChild.textContent = player.playing ? "Pause" : "Play";
  const time = current?.sound && !player.over && player.time >= wave.from && player.time <= wave.to ? player.time : null;
  wave.head(time);
  mark(time === null ? -1 : wave.now);
}

function showMoved(start, end, which = "") {
  if (!current) return;
  const by = [["start", start - current.pair.start], ["end", end - current.pair.end]].filter(([, moved]) => Math.abs(moved) >= 0.001);
  at("reset").hidden = !by.length;
  at("moved").textContent = by.map(([name, moved]) => `${name} ${moved > 0 ? "+" : "−"}${Math.abs(moved * 1000).toFixed(0)} ms`).join(", ");
  if (which && by.length && current.sound) player.play(current.sound, which === "end" && !loops() ? Math.max(start, end - LAST) : start, end);
}

function slower() {
  const rate = RATES[(RATES.indexOf(player.rate) + 1) % RATES.length];
  player.speed(rate);
  at("slower").firstElementChild.textContent = `${rate}×`;
}

const loops = () => at("player").loop;

function loop() {
  player.loop(!loops());
  at("loop").setAttribute("aria-pressed", String(loops()));
}

function tell(text, wrong = false) {
  at("saved").textContent = text;
  at("saved").classList.toggle("away", wrong);
}

function sent(answer, waiting, error) {
  if (error instanceof Refused) return tell(`A verdict was not taken: ${error.message}`, true);
  const kept = waiting === 1 ? "1 verdict is" : `${waiting} verdicts are`;
  const wrong = error instanceof Trouble ? error.message : "The server is away.";
  if (error) return tell(`${wrong} ${kept} kept here and sent again.`, true);
  if (!waiting) tell("Saved");
  showFigures(answer);
}

function showFigures(summary) {
  const { judged, of, precision, unreached, agreement } = summary;
  const figures = [["judged ", judged.toLocaleString("en"), ` of ${of.toLocaleString("en")}`]];
  if (precision) figures.push(["right ", percent(precision.estimate), ` (${percent(precision.low)} to ${percent(precision.high)})`]);
  else if (judged) figures.push(["right: not told yet, too few verdicts on the like of ", unreached.toLocaleString("en"), " pairs"]);
  if (agreement) figures.push(["agreement ", percent(agreement.same), ` of ${agreement.pairs}`]);
  at("figures").replaceChildren(
    ...figures.map(([before, figure, after]) => {
      const part = document.createElement("span");
      const bold = document.createElement("b");
      bold.textContent = figure;
      part.append(before, bold, after);
      return part;
    }),
  );
}

// The pair that the address asks for: /#id
function linked() {
  const id = location.hash.slice(1);
  try {
    return decodeURIComponent(id);
  } catch {
    return id; // a % that stands for nothing
  }
}

// Ask who judges until the server takes the name; then everything begins.
async function begin(run) {
  at("open-person").textContent = person || "Who?";
  if (!person) return at("person").showModal();
  try {
    const before = await get("/api/said", { person });
    for (const pair of Object.keys(said)) delete said[pair];
    Object.assign(said, before);
    ahead.items = [];
    fresh = true;
    ahead.fill();
    outbox ??= new Outbox(run, tab, sent);
    if (linked()) await choose(linked());
    if (!current || !linked()) await alone(next);
  } catch (error) {
    message(error.message);
  }
}

function askName(run) {
  at("person-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = at("name").value.trim();
    try {
      await get("/api/next", { person: name, tab, fresh: 1 });
    } catch (error) {
      at("person-wrong").textContent = error.message;
      return;
    }
    person = localStorage.person = name;
    at("person-wrong").textContent = "";
    at("person").close();
    await begin(run);
  });
  at("open-person").addEventListener("click", () => {
    at("name").value = person;
    at("person").showModal();
  });
}

async function start() {
  beginTheme(() => wave.draw());
  listenToKeys({
    Enter: () => judge("right"),
    t: () => judge("text"),
    e: () => judge("ends"),
    s: () => judge("skip"),
    u: undo,
    n: () => alone(next),
    " ": playOrPause,
    a: () => current?.sound && player.play(current.sound, wave.from, wave.to),
    l: loop,
    d: slower,
    r: () => current && wave.reset(),
    "start-": () => current && wave.nudge("start", -1),
    "start+": () => current && wave.nudge("start", 1),
    "end-": () => current && wave.nudge("end", -1),
    "end+": () => current && wave.nudge("end", 1),
    ArrowLeft: () => current?.pair.before && choose(current.pair.before.id),
    ArrowRight: () => current?.pair.after && choose(current.pair.after.id),
    p: () => list.show(current?.id),
    "?": () => at("help").showModal(),
  });
  addEventListener("hashchange", () => person && linked() && choose(linked()));
  const summary = await get("/api/summary", { tab });
  showFigures(summary);
  askName(summary.run);
  setInterval(() => get("/api/summary", { tab }).then(showFigures).catch(() => {}), ALIVE);
  await begin(summary.run);
}

start().catch((error) => message(error.message));
