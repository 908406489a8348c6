// What is asked of the server, and what is told it. A verdict is kept until the server has said that it is saved.
export class Refused extends Error {} // the server answered, and it was no
export class Trouble extends Error {} // the server answered that it cannot, such as when its disk is full

const WAITS = [1000, 2000, 4000, 8000]; // milliseconds before a verdict is sent again

async function answer(promise) {
  const response = await promise;
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  const text = told.error || `The server answered ${response.status}.`;
  throw response.status < 500 ? new Refused(text) : new Trouble(text);
}

export async function get(url, about = {}) {
  const ask = new URLSearchParams(about).toString();
  return (await answer(fetch(ask ? `${url}?${ask}` : url))).json();
}

export async function post(url, about) {
  const body = JSON.stringify(about);
  return (await answer(fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body }))).json();
}

// A WAV file of 16 bits as {samples, rate, start}: start is where in the recording it begins, in seconds.
export async function sound(url) {
  const response = await answer(fetch(url));
  const view = new DataView(await response.arrayBuffer());
  const name = (place) => String.fromCharCode(...new Uint8Array(view.buffer, place, 4));
  const about = { samples: new Int16Array(0), rate: 16000, start: Number(response.headers.get("Excerpt-Start")) };
  for (let place = 12; place + 8 <= view.byteLength; ) {
    const length = view.getUint32(place + 4, true);
    if (name(place) === "fmt ") about.rate = view.getUint32(place + 12, true);
    if (name(place) === "data") about.samples = new Int16Array(view.buffer.slice(place + 8, place + 8 + length - (length % 2)));
    place += 8 + length + (length % 2);
  }
  return about;
}

// Verdicts on their way, in order. They outlive a reload: the browser stores them, for each run apart.
export class Outbox {
  constructor(run, tab, told) {
    this.name = `shruti ${run} unsent ${tab}`;
    this.told = told; // called with (answer or null, how many wait, error or null)
    this.waiting = [];
    this.sending = null;
    this.adopt(`shruti ${run} unsent `);
  }

  // What windows that are closed by now could not send; one that is open has sent all within a minute of the server's return.
  adopt(prefix) {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
    for (const name of names) {
      const kept = JSON.parse(localStorage.getItem(name) || "[]");
      if (name !== this.name && kept.some((one) => Date.now() - one.since < 60000)) continue;
      this.waiting.push(...kept);
      if (name !== this.name) localStorage.removeItem(name);
    }
    this.store();
    if (this.waiting.length) this.send();
  }

  store() {
    if (this.waiting.length) localStorage.setItem(this.name, JSON.stringify(this.waiting));
    else localStorage.removeItem(this.name);
  }

  // before: what the person has said of the pair until now.
  add(verdict, before) {
    const token = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    this.waiting.push({ since: Date.now(), before, verdict: { ...verdict, token } });
    this.store();
    this.send();
  }

  // The last verdict's pair, how it came and what stands of it, if that verdict has certainly not been sent: then there is
  // nothing at the server to take back.
  takeBack() {
    if (!this.failing || this.waiting.length < 2) return null;
    const last = this.waiting.pop();
    this.store();
    return { pair: last.verdict.pair, how: last.verdict.how, said: last.before };
  }

  send() {
    this.sending ??= this.work().finally(() => (this.sending = null));
    return this.sending;
  }

  async work() {
    for (let tries = 0; this.waiting.length; ) {
      const first = this.waiting[0];
      let done = null;
      let wrong = null;
      try {
        done = await post("/api/verdicts", first.verdict);
      } catch (error) {
        wrong = error;
      }
      this.failing = wrong !== null && !(wrong instanceof Refused);
      if (!this.failing) {
        this.waiting = this.waiting.filter((one) => one !== first);
        this.store();
        tries = 0;
      }
      this.told(done, this.waiting.length, wrong);
      if (this.failing) await new Promise((go) => setTimeout(go, WAITS[Math.min(tries++, WAITS.length - 1)]));
    }
  }
}
