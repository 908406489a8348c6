"use strict";
// Plays exactly [start, end) of a recording: seek, play, and stop at the frame in which the end passes.
const player = new Audio();
const addresses = new Map();
let playing = null; // the element that was asked to play: a button or a stretch of the timeline
let turn = 0; // counts requests, so that a slow load cannot start what is no longer wanted

function address(sound) {
  if (!addresses.has(sound)) {
    const holder = document.getElementById("sound-" + sound);
    addresses.set(sound, holder.dataset.source || URL.createObjectURL(unpack(holder.textContent)));
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
  const { sound, start } = element.dataset;
  const wanted = new URL(address(sound), document.baseURI).href;
  if (player.src !== wanted) {
    player.src = wanted;
    await ready("loadedmetadata");
  }
  if (mine !== turn) return;
  const arrived = ready("seeked");
  player.currentTime = Number(start);
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
  const { sound, start, end } = playing.dataset;
  playing.classList.toggle("on", on);
  for (const row of document.querySelectorAll(`.row[data-sound="${sound}"][data-start]`)) {
    const overlaps = Number(row.dataset.start) < Number(end) && Number(row.dataset.end) > Number(start);
    row.classList.toggle("on", on && overlaps);
  }
}

function watch() {
  if (!playing || player.paused) return;
  if (player.currentTime >= Number(playing.dataset.end)) return stop();
  head(playing.dataset.sound, player.currentTime);
  requestAnimationFrame(watch);
}

function head(sound, time) {
  for (const lane of document.querySelectorAll(`svg[data-sound="${sound}"]`)) {
    let line = lane.querySelector(".head");
    if (time < Number(lane.dataset.from) || time >= Number(lane.dataset.to)) {
      if (line) line.remove();
      continue;
    }
    if (!line) {
      line = lane.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "line"));
      for (const [name, value] of [["class", "head"], ["y1", 0], ["y2", 10]]) line.setAttribute(name, value);
    }
    line.setAttribute("x1", time);
    line.setAttribute("x2", time);
  }
}

// A page in the background gets no animation frames; this is coarser, but it stops there too.
player.addEventListener("timeupdate", () => {
  if (playing && !player.paused && player.currentTime >= Number(playing.dataset.end)) stop();
});
player.addEventListener("ended", stop);
document.addEventListener("click", (event) => {
  const element = event.target.closest(".play, rect[data-start]");
  if (!element) return;
  if (element === playing) stop();
  else play(element);
});
