// The few things that all parts do with the document. Whatever comes from a run goes in as text, never as markup.
export const at = (id) => document.getElementById(id);

export function make(tag, about = {}, ...children) {
  const element = Object.assign(document.createElement(tag), about);
  element.append(...children);
  return element;
}

export function clock(seconds) {
  const hundredths = Math.round(seconds * 100);
  const pad = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(hundredths / 6000);
  const head = minutes < 60 ? `${minutes}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}`;
  return `${head}:${pad(Math.floor((hundredths % 6000) / 100))}.${pad(hundredths % 100)}`;
}

export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}%`;
