// The next pairs, asked for while a person judges: sound, words and images are there before they are wanted.
const AHEAD = 2;

export class Ahead {
  // ask() gives {id, how} of a next pair, without an id at the end; prepare(id, how) all that is shown of it.
  constructor(ask, prepare) {
    this.ask = ask;
    this.prepare = prepare;
    this.items = [];
    this.asking = Promise.resolve();
  }

  fill() {
    while (this.items.length < AHEAD) this.items.push(this.one());
  }

  one() {
    const asked = this.asking.then(() => this.ask());
    this.asking = asked.catch(() => {}); // one after the other: so they come in the queue's order
    const item = asked.then((found) => (found.id ? this.prepare(found.id, found.how) : found));
    item.catch(() => {}); // told when it is taken
    return item;
  }

  // The next pair; fails if it could not be prepared, and can then be asked again.
  async take() {
    const item = this.items.shift() ?? this.one();
    let found = null;
    try {
      found = await item;
    } catch (error) {
      this.items = [];
      throw error;
    }
    if (!found.id) this.items = []; // the end may not stay the end
    return found;
  }

  putBack(item) {
    this.items.unshift(Promise.resolve(item));
  }
}
