"use strict";
// What is drawn of a recording when it is opened: its timeline, its pairs, what was rejected. And the search through all of them.
const { fates: FATES, meanings: MEANINGS } = JSON.parse(document.getElementById("page-data").textContent);
const LANE = 300; // seconds; on a wide screen a sentence is then some 15 pixels long
const MOST_FOUND = 500;
const opened = new Map(); // number of a recording -> what shows one of its pairs
const known = new Map(); // number of a recording -> its data
const cards = [...document.querySelectorAll(".recording")];

function data(number) {
  if (!known.has(number)) {
    const told = JSON.parse(document.getElementById(`data-${number}`).textContent);
    let start = 0;
    told.stretches = told.audio.map(([end, fate]) => ({ start, end: (start = end), fate: FATES[fate] }));
    told.clips = new Map(told.pairs.map((row) => [row.start, row]));
    known.set(number, told);
  }
  return known.get(number);
}

function open(card) {
  const number = Number(card.dataset.number);
  if (opened.has(number)) return opened.get(number);
  const recording = data(number);
  const pairs = made("ol", { class: "pairs" });
  card.append(...lanes(recording), made("h3", {}, `${recording.pairs.length.toLocaleString("en")} pairs kept`), pairs);
  opened.set(number, list(pairs, recording.pairs, (row) => drawnRow(row, recording)));
  const reasons = rejected(recording);
  if (reasons.length) card.append(made("h3", {}, "Not kept"), ...reasons);
  return opened.get(number);
}

function lanes(recording) {
  const full = Math.min(LANE, recording.duration);
  const found = [];
  for (let left = 0; left < recording.duration; left += LANE) {
    const right = Math.min(left + LANE, recording.duration);
    const about = { viewBox: `${left} 0 ${right - left} 10`, preserveAspectRatio: "none", role: "img" };
    about["aria-label"] = `Timeline from ${clock(left)} to ${clock(right)}`;
    const place = { "data-recording": recording.id, "data-left": left, "data-right": right };
    const lane = drawn("svg", { ...about, ...place, style: `width:${((100 * (right - left)) / full).toFixed(3)}%` });
    for (const stretch of recording.stretches) {
      if (stretch.start < right && stretch.end > left) lane.append(box(stretch, left, right, recording));
    }
    found.push(made("div", { class: "lane" }, made("span", {}, clock(left)), lane));
  }
  return found;
}

// A stretch, cut at the ends of its lane; where only pairs have sound, only theirs can be played.
function box(stretch, left, right, recording) {
  const [from, to] = [Math.max(stretch.start, left), Math.min(stretch.end, right)];
  const clip = stretch.fate === "mined" ? recording.clips.get(stretch.start)?.clip : undefined;
  const title = `${stretch.fate} · ${clock(stretch.start)} – ${clock(stretch.end)}\n${MEANINGS[stretch.fate] ?? ""}`;
  const place = { x: from, y: 0, width: (to - from).toFixed(4), height: 10 };
  return drawn("rect", { class: stretch.fate, ...place, ...sounding({ ...stretch, clip }, recording) }, drawn("title", {}, title));
}

// Rejected pairs and sentences, and stretches of sound without a pair, under their reasons; drawn when one is opened.
function rejected(recording) {
  const matched = recording.rejected.filter((row) => row.start !== undefined);
  const told = (one) => matched.some((row) => row.reason === one.fate && row.start < one.end && row.end > one.start);
  const places = recording.stretches.filter((stretch) => stretch.fate !== "mined" && !told(stretch));
  const sounds = places.map((stretch) => ({ ...stretch, reason: stretch.fate }));
  const all = [...recording.rejected, ...sounds];
  return FATES.filter((reason) => all.some((row) => row.reason === reason)).map((reason) => {
    const rows = all.filter((row) => row.reason === reason);
    const holder = made("ol", { class: "pairs" });
    const count = made("b", {}, rows.length.toLocaleString("en"));
    const title = made("summary", {}, made("i", { class: `dot ${reason}` }), `${reason} `, count, made("span", {}, MEANINGS[reason] ?? ""));
    const group = made("details", { class: "reason" }, title, holder);
    const draw = (row) => drawnRow(row, recording);
    group.addEventListener("toggle", () => group.open && !holder.children.length && list(holder, rows, draw));
    return group;
  });
}

function show(id, name) {
  const number = cards.findIndex((_, number) => data(number).id === name);
  if (number < 0) return;
  const card = cards.find((one) => Number(one.dataset.number) === number);
  search.value = "";
  find();
  card.open = true;
  const index = data(number).pairs.findIndex((row) => row.id === id);
  open(card)(index);
  const row = index < 0 ? card : card.querySelectorAll(".pairs")[0].children[index];
  row.scrollIntoView({ block: "center" });
  row.classList.add("shown");
  setTimeout(() => row.classList.remove("shown"), 2000);
}

function find() {
  const wanted = plain(search.value).trim();
  all.hidden = Boolean(wanted);
  found.hidden = !wanted;
  if (!wanted) return;
  const hits = [];
  let count = 0;
  for (let number = 0; number < cards.length; number++) {
    const recording = data(number);
    recording.searched ??= [...recording.pairs, ...recording.rejected].map((row) => [plain(`${row.text}\n${row.heard ?? ""}`), row]);
    for (const [text, row] of recording.searched) {
      if (text.includes(wanted) && count++ < MOST_FOUND) hits.push([row, recording]);
    }
  }
  const more = count > MOST_FOUND ? `; the first ${MOST_FOUND} are shown` : "";
  found.querySelector("p").textContent = `${count.toLocaleString("en")} ${count === 1 ? "sentence" : "sentences"} found${more}`;
  list(found.querySelector("ol"), hits, ([row, recording]) => drawnRow(row, recording, true));
}

function plain(text) {
  return text.normalize("NFC").toLowerCase();
}

const ORDERS = {
  name: (one, other) => Number(one.dataset.number) - Number(other.dataset.number),
  share: (one, other) => one.dataset.share - other.dataset.share,
  pairs: (one, other) => other.dataset.pairs - one.dataset.pairs,
  seconds: (one, other) => other.dataset.seconds - one.dataset.seconds,
};

const [search, order, all, found] = ["search", "order", "all", "found"].map((id) => document.getElementById(id));
let typing = 0;
search?.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(find, 150);
});
order?.addEventListener("change", () => all.append(...[...cards].sort(ORDERS[order.value])));
for (const card of cards) {
  card.addEventListener("toggle", () => card.open && open(card));
  if (card.open) open(card);
}
for (const listing of document.querySelectorAll(".listing > script")) {
  const rows = JSON.parse(listing.textContent);
  const draw = (row) => drawnRow(row, { id: row.recording, language: row.language, sound: row.sound }, true);
  list(listing.previousElementSibling, rows, draw);
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-goto]");
  if (link) show(link.dataset.goto, link.textContent);
});
