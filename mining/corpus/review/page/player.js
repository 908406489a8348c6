// Plays exactly the samples of [start, end): they are cut out and made a file of their own, so nothing follows them.
export class Player {
  constructor(audio, changed) {
    this.audio = audio;
    this.changed = changed; // called when it starts, stops or moves on
    this.from = 0;
    this.rate = 1;
    for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => this.tell());
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  // Seconds in the recording.
  get time() {
    return this.from + this.audio.currentTime;
  }

  get over() {
    return !this.audio.src || this.audio.ended;
  }

  // Play seconds [start, end) of a sound; false if the browser first wants a key or a click.
  async play(sound, start, end) {
    const first = Math.max(0, Math.round((start - sound.start) * sound.rate));
    const last = Math.min(sound.samples.length, Math.round((end - sound.start) * sound.rate));
    if (last <= first) return true;
    this.cut(sound.samples.subarray(first, last), sound.rate);
    this.from = sound.start + first / sound.rate;
    return this.resume();
  }

  async resume() {
    try {
      await this.audio.play();
      return true;
    } catch (error) {
      return error.name !== "NotAllowedError";
    }
  }

  pause() {
    this.audio.pause();
  }

  stop() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.tell();
  }

  loop(on) {
    this.audio.loop = on;
  }

  speed(rate) {
    this.rate = rate;
    this.audio.defaultPlaybackRate = this.audio.playbackRate = rate; // the pitch stays: browsers preserve it
  }

  cut(samples, rate) {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(new Blob([header(samples.length, rate), samples], { type: "audio/wav" }));
    this.audio.src = this.address;
    this.speed(this.rate);
  }

  tell() {
    this.changed();
    if (this.playing && !this.frame) this.frame = requestAnimationFrame(() => this.next());
  }

  next() {
    this.frame = 0;
    this.tell();
  }
}

function header(samples, rate) {
  const view = new DataView(new ArrayBuffer(44));
  const text = (place, name) => [...name].forEach((letter, i) => view.setUint8(place + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples, true);
  return view.buffer;
}
