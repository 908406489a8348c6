// What is written, what was heard, and what is known of a pair.
import { at, clock, make } from "./dom.js";

export const SAID = { right: "right", text: "wrong text", ends: "wrong ends", skip: "skipped" };

export function showPair(pair, how, said, act) {
  showFacts(pair, how, said);
  showText(pair, act.seek);
  showHeard(pair);
  for (const side of ["before", "after"]) showNeighbour(side, pair[side], pair.language, act);
}

function showFacts(pair, how, said) {
  const facts = [
    make("span", {}, make("b", { textContent: clock(pair.start) }), ` for ${(pair.end - pair.start).toFixed(1)} s`),
    make("span", { textContent: pair.recording }),
    make("span", {}, "confidence ", make("b", { textContent: pair.confidence.toFixed(2) })),
    ...Object.entries(pair.about).map(([name, value]) => make("span", { textContent: `${name}: ${value}` })),
  ];
  if (!pair.kept) facts.push(make("span", { className: "flag", textContent: "was left out" }));
  if (how === "chosen") facts.push(make("span", { textContent: "chosen by you" }));
  if (said) facts.push(make("span", { className: "flag", textContent: `you said: ${SAID[said]}` }));
  at("facts").replaceChildren(...facts);
  for (const [id, kind] of [["right", "right"], ["wrong-text", "text"], ["wrong-ends", "ends"], ["skip", "skip"]]) {
    at(id).classList.toggle("said", said === kind);
  }
}

let spans = [];

function showText(pair, seek) {
  const words = pair.text.split(/\s+/).filter(Boolean);
  const timed = words.length === pair.words.length;
  spans = words.map((word, i) => {
    const span = make("span", { textContent: word });
    if (timed) span.addEventListener("click", () => seek(pair.words[i][0]));
    return span;
  });
  at("text").lang = pair.language || "";
  at("text").replaceChildren(...spans.flatMap((span, i) => (i ? [" ", span] : [span])));
}

// The word that is being said, by its number; -1 for none.
export function mark(now) {
  for (const span of at("text").querySelectorAll(".on")) if (span !== spans[now]) span.classList.remove("on");
  spans[now]?.classList.add("on");
}

function showHeard(pair) {
  const heard = pair.pieces.map(([kind, text, said]) =>
    kind === "same" ? said : make("mark", { className: kind, textContent: kind === "unheard" ? text : said, title: TITLES[kind](text) }),
  );
  fill("heard", heard, pair.language, "nothing is known of what was heard");
  const bare = (text) => text.replace(/[\s।॥.,;:!?"'“”‘’۔،()-]+/gu, " ").trim();
  const differs = pair.raw_text && bare(pair.raw_text) !== bare(pair.text);
  at("raw-row").hidden = !differs;
  if (differs) fill("raw", [pair.raw_text], pair.language);
  const applied = pair.corrections.filter((one) => one.applied);
  at("mended-row").hidden = !applied.length;
  at("mended").replaceChildren(
    ...applied.flatMap((one, i) => [
      i ? ", " : "",
      make("bdi", { textContent: one.old, lang: pair.language }),
      " → ",
      make("bdi", { textContent: one.new, lang: pair.language }),
      ` (${one.probability.toFixed(2)})`,
    ]),
  );
}

const TITLES = {
  changed: (text) => `written: ${text}`,
  unheard: () => "written, not heard",
  extra: () => "heard, not written",
};

function fill(id, parts, language, otherwise = "") {
  at(id).lang = language || "";
  at(id).replaceChildren(...(parts.length ? parts : [otherwise]));
}

function showNeighbour(side, other, language, act) {
  if (!other) return at(side).replaceChildren();
  const [arrow, key, name] = side === "before" ? ["←", "ArrowLeft", "before"] : ["→", "ArrowRight", "after"];
  const play = make("button", { type: "button", textContent: "▶", ariaLabel: `Play the pair ${name}` });
  const text = make("p", { textContent: other.text, title: other.text, dir: "auto", lang: language || "" });
  const go = make("button", { type: "button", textContent: arrow, title: `Judge the pair ${name} (${arrow})`, ariaLabel: `Go to the pair ${name}` });
  play.addEventListener("click", () => act.listen(other));
  go.dataset.key = key;
  at(side).replaceChildren(play, text, go);
}
