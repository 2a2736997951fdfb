/** Which guests an operator means. Pure. */

/**
 * `web-*`: name or id. `FIELD:web-*`: that field alone. `*` stands for any text, `?` for one character; all else stands
 * for itself.
 */
export interface Pattern {
  readonly field: PatternField | undefined;
  readonly glob: string;
}

export const PATTERN_FIELDS = ['name', 'id', 'identity', 'kind', 'group'] as const;
export type PatternField = (typeof PATTERN_FIELDS)[number];

export interface Matchable {
  readonly name: string;
  readonly id: string;
  readonly identity: string;
  readonly kind: string;
  /** Of the settings; undefined: in none. */
  readonly group: string | undefined;
}

const FIELD = /^(name|id|identity|kind|group):(.*)$/s;

/** Any text is a pattern. */
export function parsePattern(text: string): Pattern {
  const [, field, glob] = FIELD.exec(text) ?? [];
  if (field === undefined || glob === undefined) return { field: undefined, glob: text };
  return { field: field as PatternField, glob };
}

export function matches({ field, glob }: Pattern, guest: Matchable): boolean {
  if (field === undefined) return globMatches(glob, guest.name) || globMatches(glob, guest.id);
  const value = guest[field];
  return value !== undefined && globMatches(glob, value);
}

/** Takes at most the product of the two lengths; an expression could take far longer, by a guest's own name. */
export function globMatches(glob: string, text: string): boolean {
  let [at, place] = [0, 0];
  // Where to go on when what comes after the last `*` does not fit: there the star takes one character more.
  let star = -1;
  let taken = 0;
  while (place < text.length) {
    if (glob[at] === '*') {
      star = at++;
      taken = place;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++taken;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
