"use strict";
// Draws rows out of the JSON of the page. Texts become text nodes and nothing else, so none of them can be markup.
const KINDS = { s: "same", c: "changed", u: "unheard", e: "extra" };
const CHUNK = 40; // rows that are drawn at a time

function made(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function clock(seconds) {
  const hundredths = Math.round(seconds * 100);
  const [hours, minutes] = [Math.floor(hundredths / 360000), Math.floor(hundredths / 6000) % 60];
  const rest = ((hundredths % 6000) / 100).toFixed(2).padStart(5, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

// A mark that a model wrote without a letter stands on a no-break space; fonts put a dotted circle under it otherwise.
function shown(text) {
  return text.replace(/(^|\s)(?=\p{M})/gu, "$1\u00a0");
}

// The stretches of text and of what was heard, differences marked; side is 1 for the text, 2 for what was heard.
function marked(text, marks, side) {
  let at = 0;
  return marks.filter((mark) => mark[side]).map((mark) => {
    const piece = shown(text.slice(at, (at += mark[side])));
    return mark[0] === "s" ? document.createTextNode(piece) : made("mark", { class: mark[0], title: KINDS[mark[0]] }, piece);
  });
}

// Where a row's sound is: inside the page with its whole recording, or joined with others, or in a clip beside the page.
function sounding(row, recording) {
  if (row.start === undefined) return null;
  const place = { "data-recording": recording.id, "data-start": row.start, "data-end": row.end };
  if (recording.sound) return { ...place, "data-sound": recording.sound, "data-from": row.start, "data-to": row.end };
  if (row.at) return { ...place, "data-sound": "sound-clips", "data-from": row.at[0], "data-to": row.at[1] };
  if (row.clip) return { ...place, "data-sound": row.clip, "data-from": 0, "data-to": row.end - row.start };
  return null;
}

// One pair or rejection as a list item; away tells that it stands outside the list of its recording.
function drawnRow(row, recording, away = false) {
  const sound = sounding(row, recording);
  const place = row.start === undefined ? {} : { "data-start": row.start, "data-end": row.end };
  const about = { lang: recording.language, dir: "auto" };
  const texts = made("div", { class: "texts" });
  if (row.marks) {
    texts.append(made("p", { class: "text", ...about }, ...marked(row.text, row.marks, 1)));
    texts.append(made("p", { class: "heard", ...about }, ...marked(row.heard, row.marks, 2)));
    if (row.raw) texts.append(made("details", {}, made("summary", {}, "as printed"), made("p", { class: "raw", ...about }, row.raw)));
  } else if (row.text) {
    texts.append(made("p", { class: "text", ...about }, row.text));
  }
  const button = sound && made("button", { class: "play", ...sound, "aria-label": `Play ${clock(row.start)} to ${clock(row.end)}` });
  const item = { class: "row", "data-id": row.id, "data-recording": recording.id, ...place };
  return made("li", item, button, texts, made("p", { class: "facts" }, ...facts(row, recording, away)));
}

function facts(row, recording, away) {
  const told = [];
  if (row.sure !== undefined) {
    const title = "probability that text and both ends are right";
    told.push(made("b", { class: row.sure < 0.95 ? "confidence low" : "confidence", title }, row.sure.toFixed(3)));
  }
  if (away && row.reason) told.push(made("span", {}, made("i", { class: `dot ${row.reason}` }), row.reason));
  if (row.start !== undefined) told.push(made("span", {}, `${clock(row.start)} – ${clock(row.end)}`));
  const unlike = row.error === undefined ? null : `${Math.round(row.error * 100)}% unlike`;
  const where = row.page === undefined ? null : `page ${row.page}`;
  const title = unlike ? "page of the document; letters to be changed to make what was heard the text" : "page of the document";
  if (where || unlike) told.push(made("span", { title }, [where, unlike].filter(Boolean).join(" · ")));
  if (away) told.push(made("button", { class: "whole", "data-goto": row.id ?? "", title: "Open it in its recording" }, recording.id));
  return told;
}

// Fills a list with rows, a chunk at a time as its end comes near; returns a function that draws all rows up to one.
function list(holder, rows, draw) {
  let next = 0;
  const nearEnd = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && more(next + CHUNK), {
    rootMargin: "1200px",
  });
  const end = made("li", { class: "end", "aria-hidden": "true" });
  function more(until) {
    const upto = Math.min(rows.length, until);
    end.before(...rows.slice(next, upto).map(draw));
    next = Math.max(next, upto);
    nearEnd.unobserve(end); // observed anew, it tells again where it is
    if (next < rows.length) nearEnd.observe(end);
    else end.remove();
  }
  holder.replaceChildren(end);
  more(CHUNK);
  return (index) => index >= next && more(index + 1);
}
