// The sound drawn, the segment shaded, its two ends to be dragged, and its words below, each where it is said.
import { at, clock, make } from "./dom.js";

const BAR = 3; // CSS pixels from one bar of the drawing to the next
const SHORTEST = 0.1; // seconds between the ends
const STEP = 0.05; // seconds by which a key moves an end

export class Wave {
  // moved(start, end, which): an end was moved, `which` when it is let go; seek(seconds): somebody pointed at a place.
  constructor(moved, seek) {
    this.box = at("wave");
    this.canvas = at("canvas");
    this.ends = { start: at("start"), end: at("end") };
    this.moved = moved;
    this.seek = seek;
    this.words = [];
    this.played = null; // the second that is being played
    this.now = -1; // the word that is being said, by its number
    for (const which of ["start", "end"]) this.listen(which);
    this.box.addEventListener("click", (event) => {
      if (event.target === this.canvas) seek(this.second(event.clientX));
    });
    new ResizeObserver(() => this.layout()).observe(this.box);
  }

  // A pair's sound and words; sound is null where there is none.
  show(pair, sound) {
    this.pair = pair;
    this.sound = sound;
    this.from = sound ? sound.start : pair.start;
    this.to = sound ? sound.start + sound.samples.length / sound.rate : pair.end;
    this.start = pair.start;
    this.end = pair.end;
    const words = pair.words.map(([start, end, text]) => {
      const label = make("span", { textContent: text, dir: "auto", lang: pair.language || "" });
      label.addEventListener("click", () => this.seek(start));
      return { start, end, label, mark: make("i") };
    });
    this.words = words;
    this.now = -1;
    at("words").replaceChildren(...words.flatMap((word) => [word.mark, word.label]));
    this.layout();
  }

  listen(which) {
    const handle = this.ends[which];
    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
      this.grip = this.second(event.clientX) - this[which];
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) this.move(which, this.second(event.clientX) - this.grip, false);
    });
    handle.addEventListener("lostpointercapture", () => this.moved(this.start, this.end, which));
  }

  nudge(which, steps) {
    this.move(which, this[which] + steps * STEP, true);
  }

  move(which, second, done) {
    const wanted = Math.round(second * 1000) / 1000;
    if (which === "start") this.start = Math.min(Math.max(wanted, this.from), this.end - SHORTEST);
    else this.end = Math.max(Math.min(wanted, this.to), this.start + SHORTEST);
    this.draw();
    this.moved(this.start, this.end, done ? which : "");
  }

  reset() {
    [this.start, this.end] = [this.pair.start, this.pair.end];
    this.draw();
    this.moved(this.start, this.end);
  }

  x(second) {
    return ((second - this.from) / Math.max(0.001, this.to - this.from)) * this.width;
  }

  second(clientX) {
    const box = this.box.getBoundingClientRect();
    return this.from + ((clientX - box.left) / box.width) * (this.to - this.from);
  }

  layout() {
    this.width = this.box.clientWidth;
    if (!this.pair || !this.width) return;
    const dense = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * dense);
    this.canvas.height = Math.round(this.box.clientHeight * dense);
    this.peaks = this.sound ? peaks(this.sound.samples, Math.floor(this.width / BAR)) : [];
    this.draw();
    this.placeWords();
    this.head(this.played);
  }

  draw() {
    if (!this.pair || !this.width) return;
    const paint = this.canvas.getContext("2d");
    const dense = this.canvas.width / this.width;
    const height = this.canvas.height / dense;
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(name);
    const [left, right] = [this.x(this.start), this.x(this.end)];
    paint.setTransform(dense, 0, 0, dense, 0, 0);
    paint.clearRect(0, 0, this.width, height);
    paint.fillStyle = colour("--shade");
    paint.fillRect(left, 0, right - left, height);
    this.peaks.forEach((peak, i) => {
      const x = i * BAR;
      const tall = Math.max(2, peak * (height - 10));
      paint.fillStyle = colour(x + BAR / 2 >= left && x + BAR / 2 < right ? "--wave" : "--wave-out");
      paint.fillRect(x, (height - tall) / 2, BAR - 1, tall);
    });
    paint.fillStyle = colour("--wave-out");
    for (let half = Math.ceil(2 * this.from); half < 2 * this.to; half++) {
      paint.fillRect(this.x(half / 2), 0, 1, half % 2 ? 4 : 8); // the scale: an end may be off by one tick
    }
    for (const other of [this.pair.before, this.pair.after]) {
      if (other) paint.fillRect(this.x(other.start), height - 3, this.x(other.end) - this.x(other.start), 3);
    }
    for (const which of ["start", "end"]) {
      const handle = this.ends[which];
      handle.style.left = `${this.x(this[which])}px`;
      handle.setAttribute("aria-valuenow", this[which].toFixed(3));
      handle.setAttribute("aria-valuemin", this.from.toFixed(3));
      handle.setAttribute("aria-valuemax", this.to.toFixed(3));
      handle.setAttribute("aria-valuetext", clock(this[which]));
    }
  }

  // Words stand below the middle of their time, in as many lines as they need not to cover each other.
  placeWords() {
    const widths = this.words.map((word) => word.label.offsetWidth); // all measured before any is moved
    const tall = Math.max(0, ...this.words.map((word) => word.label.offsetHeight));
    const full = [];
    this.words.forEach((word, i) => {
      const [first, last] = [this.x(word.start), this.x(word.end)];
      const left = Math.max(0, Math.min((first + last - widths[i]) / 2, this.width - widths[i]));
      let line = full.findIndex((until) => until <= left);
      if (line < 0) line = full.push(0) - 1;
      full[line] = left + widths[i] + 2;
      word.label.style.transform = `translate(${left}px, ${5 + line * tall}px)`;
      word.mark.style.left = `${first}px`;
      word.mark.style.width = `${Math.max(2, last - first - 1)}px`;
    });
    at("words").style.height = `${5 + full.length * tall}px`;
  }

  // The play head at a second, or nowhere (null).
  head(second) {
    this.played = second;
    const line = at("head");
    line.hidden = second === null;
    if (second !== null) line.style.transform = `translateX(${this.x(second)}px)`;
    const now = second === null ? -1 : this.words.findLastIndex((word) => word.start <= second && second < word.end + 0.05);
    if (now === this.now) return;
    this.words[this.now]?.label.classList.remove("on");
    this.words[now]?.label.classList.add("on");
    this.now = now;
  }
}

// The loudest sample of each of `count` equal pieces, against the loudest of all, 0 to 1.
function peaks(samples, count) {
  const found = new Float32Array(Math.max(1, count));
  const length = samples.length / found.length;
  let most = 1;
  for (let i = 0; i < found.length; i++) {
    for (let j = Math.floor(i * length); j < Math.floor((i + 1) * length); j++) {
      const loud = Math.abs(samples[j]);
      if (loud > found[i]) found[i] = loud;
    }
    if (found[i] > most) most = found[i];
  }
  return [...found].map((peak) => peak / most);
}
