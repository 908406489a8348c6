"use strict";
// Plays exactly [from, to) of a sound: seek, play, and stop at the frame in which the end passes. Where that lies in a
// recording, [start, end), is told beside it, so that rows and timelines can show what is heard.
const player = new Audio();
const addresses = new Map();
let playing = null; // the element that was asked to play: a button or a stretch of a timeline
let turn = 0; // counts requests, so that a slow load cannot start what is no longer wanted

function address(sound) {
  if (!addresses.has(sound)) {
    const holder = document.getElementById(sound); // else it is a file beside the page
    addresses.set(sound, holder ? URL.createObjectURL(unpack(holder.textContent)) : new URL(sound, document.baseURI).href);
  }
  return addresses.get(sound);
}

function unpack(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Blob([bytes], { type: "audio/webm" });
}

function ready(event) {
  return new Promise((done) => player.addEventListener(event, done, { once: true }));
}

async function play(element) {
  const mine = ++turn;
  stop();
  playing = element;
  mark(true);
  const wanted = address(element.dataset.sound);
  if (player.src !== wanted) {
    player.src = wanted;
    await ready("loadedmetadata");
  }
  if (mine !== turn) return;
  const arrived = ready("seeked");
  player.currentTime = Number(element.dataset.from);
  await arrived;
  if (mine !== turn) return;
  await player.play();
  requestAnimationFrame(watch);
}

function stop() {
  player.pause();
  mark(false);
  playing = null;
  document.querySelectorAll(".head").forEach((line) => line.remove());
}

function mark(on) {
  if (!playing) return;
  const { recording, start, end } = playing.dataset;
  playing.classList.toggle("on", on);
  for (const row of document.querySelectorAll(".row[data-start]")) {
    const overlaps = Number(row.dataset.start) < Number(end) && Number(row.dataset.end) > Number(start);
    row.classList.toggle("on", on && overlaps && row.dataset.recording === recording);
  }
}

function watch() {
  if (!playing || player.paused) return;
  if (player.currentTime >= Number(playing.dataset.to)) return stop();
  head(playing.dataset.recording, Number(playing.dataset.start) + player.currentTime - Number(playing.dataset.from));
  requestAnimationFrame(watch);
}

function head(recording, time) {
  for (const lane of document.querySelectorAll(".lane svg")) {
    if (lane.dataset.recording !== recording) continue;
    let line = lane.querySelector(".head");
    if (time < Number(lane.dataset.left) || time >= Number(lane.dataset.right)) {
      if (line) line.remove();
      continue;
    }
    if (!line) line = lane.appendChild(drawn("line", { class: "head", y1: 0, y2: 10 }));
    line.setAttribute("x1", time);
    line.setAttribute("x2", time);
  }
}

// A page in the background gets no animation frames; this is coarser, but it stops there too.
player.addEventListener("timeupdate", () => {
  if (playing && !player.paused && player.currentTime >= Number(playing.dataset.to)) stop();
});
player.addEventListener("ended", stop);
player.addEventListener("error", () => {
  if (!playing) return;
  playing.classList.add("gone");
  playing.title = "Its sound is not there: keep this page beside the folder recordings of its run.";
  stop();
});
document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-sound]");
  if (!element) return;
  if (element === playing) stop();
  else play(element);
});
