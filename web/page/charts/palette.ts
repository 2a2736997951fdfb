/** Colours of the charts, from the custom properties of style/base.css, so that light and dark are decided in one place. */

export type Color = 'blue' | 'sky' | 'green' | 'orange' | 'vermilion' | 'purple' | 'grey';

export interface Palette {
  readonly series: Readonly<Record<Color, string>>;
  readonly ink: string;
  readonly inkSoft: string;
  readonly surface: string;
  readonly grid: string;
}

let current: Palette | undefined;

/** The colours of the theme that is shown: the same object until it changes. */
export function palette(): Palette {
  return (current ??= readPalette());
}

/** To be called after each change of the theme. */
export function forgetPalette(): void {
  current = undefined;
}

function readPalette(): Palette {
  // A custom property is read back as it was written; only a property that uses it gives the colour of the theme.
  const probe = document.createElement('span');
  document.body.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colors: Palette = {
    series: {
      blue: read('blue'),
      sky: read('sky'),
      green: read('green'),
      orange: read('orange'),
      vermilion: read('vermilion'),
      purple: read('purple'),
      grey: read('grey'),
    },
    ink: read('ink'),
    inkSoft: read('ink-soft'),
    surface: read('surface'),
    grid: read('grid'),
  };
  probe.remove();
  return colors;
}

/** A colour as `rgb(1, 2, 3)` with an opacity of 0 to 1. */
export function faded(color: string, opacity: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}
