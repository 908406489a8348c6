// All pairs of the run. Ten thousand rows are scrolled, and only those in sight exist.
import { get } from "./api.js";
import { at, clock, make } from "./dom.js";
import { SAID } from "./pair.js";

const ROW = 46; // CSS pixels, as in list.css
const SPARE = 6; // rows above and below what is in sight
const [ID, RECORDING, START, , CONFIDENCE, KEPT, TEXT] = [0, 1, 2, 3, 4, 5, 6];

export class List {
  // said: what this person says of which pair; open(id): somebody picked a row.
  constructor(said, open) {
    this.said = said;
    this.open = open;
    this.pool = [];
    this.found = [];
    this.chosen = -1;
    for (const id of ["search", "by-verdict", "by-recording", "sort"]) at(id).addEventListener("input", () => this.filter());
    at("rows").addEventListener("scroll", () => (this.frame ??= requestAnimationFrame(() => this.draw())), { passive: true });
    at("rows").addEventListener("click", (event) => this.pick(event.target.closest(".row")?.dataset.id));
    at("list").addEventListener("keydown", (event) => this.key(event));
    at("close-list").addEventListener("click", () => at("list").close());
    new ResizeObserver(() => this.draw()).observe(at("rows"));
    const kinds = [["", "all verdicts"], ["none", "not judged"], ...Object.entries(SAID)];
    at("by-verdict").replaceChildren(...kinds.map(([value, textContent]) => make("option", { value, textContent })));
  }

  async load() {
    const { recordings, rows } = await get("/api/pairs");
    this.recordings = recordings;
    this.rows = rows;
    const all = make("option", { value: "", textContent: "all recordings" });
    at("by-recording").replaceChildren(all, ...recordings.map((textContent, value) => make("option", { value, textContent })));
    at("by-recording").hidden = recordings.length < 2;
  }

  async show(id) {
    at("list").showModal();
    if (!this.rows) {
      this.loading ??= this.load();
      await this.loading.catch((error) => {
        this.loading = null;
        at("found").textContent = error.message;
      });
    }
    if (!this.rows) return;
    this.current = id;
    this.filter();
    this.choose(this.found.findIndex((row) => this.rows[row][ID] === id));
    at("search").focus();
  }

  filter() {
    if (!this.rows) return;
    const words = at("search").value.normalize("NFC").toLowerCase();
    const [verdict, recording, sort] = ["by-verdict", "by-recording", "sort"].map((id) => at(id).value);
    const fits = (row) =>
      (!recording || row[RECORDING] === Number(recording)) &&
      (!verdict || (this.said[row[ID]] ?? "none") === verdict) &&
      (!words || row[TEXT].toLowerCase().includes(words) || row[ID].toLowerCase().includes(words));
    this.found = [];
    this.rows.forEach((row, i) => fits(row) && this.found.push(i));
    const sure = (i) => this.rows[i][CONFIDENCE];
    if (sort === "unsure") this.found.sort((a, b) => sure(a) - sure(b));
    if (sort === "sure") this.found.sort((a, b) => sure(b) - sure(a));
    const count = (number) => number.toLocaleString("en");
    at("found").textContent = this.found.length === this.rows.length ? count(this.rows.length) : `${count(this.found.length)} of ${count(this.rows.length)}`;
    at("all").style.height = `${this.found.length * ROW}px`;
    at("rows").scrollTop = 0;
    this.chosen = -1;
    this.draw();
  }

  draw() {
    this.frame = null;
    if (!this.rows || !at("list").open) return;
    const box = at("rows");
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE);
    const last = Math.min(this.found.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + SPARE);
    while (this.pool.length < last - first) this.pool.push(new Line(at("all")));
    this.pool.forEach((line, i) => {
      const place = first + i;
      line.box.hidden = place >= last;
      if (place < last) this.fill(line, place);
    });
  }

  fill(line, place) {
    const row = this.rows[this.found[place]];
    const said = this.said[row[ID]];
    line.box.dataset.id = row[ID];
    line.box.style.transform = `translateY(${place * ROW}px)`;
    line.box.classList.toggle("at", place === this.chosen);
    line.box.setAttribute("aria-selected", String(place === this.chosen));
    line.box.setAttribute("aria-posinset", String(place + 1));
    line.box.setAttribute("aria-setsize", String(this.found.length));
    line.verdict.className = `verdict ${said ?? ""}`;
    line.verdict.textContent = said ? SAID[said] : row[KEPT] ? "" : "left out";
    line.time.textContent = clock(row[START]);
    line.sure.textContent = row[CONFIDENCE].toFixed(2);
    line.text.textContent = row[TEXT];
    line.from.textContent = this.recordings[row[RECORDING]];
  }

  pick(id) {
    if (!id) return;
    at("list").close();
    this.open(id);
  }

  choose(place) {
    if (place < 0 || place >= this.found.length) return this.draw();
    this.chosen = place;
    const box = at("rows");
    if (place * ROW < box.scrollTop || (place + 1) * ROW > box.scrollTop + box.clientHeight) {
      box.scrollTop = place * ROW - box.clientHeight / 2;
    }
    this.draw();
  }

  key(event) {
    if (event.target.tagName === "SELECT") return;
    const page = Math.floor(at("rows").clientHeight / ROW) - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (event.key in moves) {
      event.preventDefault();
      this.choose(Math.max(0, Math.min(this.found.length - 1, this.chosen + moves[event.key])));
    } else if (event.key === "Enter" && !event.target.closest("button")) {
      event.preventDefault();
      this.pick(this.rows[this.found[Math.max(0, this.chosen)]]?.[ID]);
    }
  }
}

class Line {
  constructor(parent) {
    for (const name of ["verdict", "time", "sure", "from"]) this[name] = make("span", { className: name });
    this.text = make("span", { className: "words-of", dir: "auto" });
    this.box = make("div", { className: "row", role: "option" }, this.verdict, this.time, this.sure, this.text, this.from);
    parent.append(this.box);
  }
}
