/** The colours of the page (web/page/style/base.css), [light, dark]: told apart by colour-blind readers as well. */
export const COLORS = {
  surface: ['#ffffff', '#161d21'],
  ink: ['#182026', '#e3e9ec'],
  'ink-soft': ['#55626c', '#9fabb4'],
  line: ['#dbe1e5', '#29333a'],
  grid: ['#e6eaed', '#232c32'],
  blue: ['#0072b2', '#3f9fdc'],
  sky: ['#56b4e9', '#8fd0f5'],
  green: ['#009e73', '#2fbf93'],
  orange: ['#e69f00', '#e9ae2f'],
  vermilion: ['#d55e00', '#ef7d2e'],
  purple: ['#a8568c', '#d08cb8'],
  grey: ['#8a969f', '#8c99a2'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

export type Color = keyof typeof COLORS;

/**
 * Classes `f-<color>` for filled and `s-<color>` for drawn shapes. A picture in a document knows neither the document's colours nor
 * its background, so it brings both, and follows the reader's preference for dark.
 */
export function styleSheet(): string {
  const rules = (theme: 0 | 1): string =>
    Object.entries(COLORS)
      .map(([name, pair]) => `.f-${name}{fill:${pair[theme]}}.s-${name}{stroke:${pair[theme]}}`)
      .join('');
  return (
    `<style>text{font:12px system-ui,sans-serif}.title{font-size:14px;font-weight:600}.small{font-size:11px}` +
    `.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.ours{stroke-width:3}.thin{fill:none;stroke-width:1}` +
    `.dash{stroke-dasharray:6 4}${rules(0)}@media(prefers-color-scheme:dark){${rules(1)}}</style>`
  );
}
