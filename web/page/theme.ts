/** Light or dark: as the system has it, until the button is used; the choice is kept in this browser. */

const KEY = 'ksmpilot-theme';
type Theme = 'light' | 'dark';

/** `onChange` is called after each change of the colours, by the button or by the system. */
export function startTheme(button: HTMLElement, onChange: () => void): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  let chosen = read();
  const show = (): void => {
    const isDark = chosen === undefined ? system.matches : chosen === 'dark';
    if (chosen !== undefined) document.documentElement.dataset['theme'] = chosen;
    button.textContent = isDark ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark ? 'Use light colours' : 'Use dark colours');
    onChange();
  };
  button.addEventListener('click', () => {
    const isDark = chosen === undefined ? system.matches : chosen === 'dark';
    chosen = isDark ? 'light' : 'dark';
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // Storage is switched off in this browser: the choice lasts until the page is left.
    }
    show();
  });
  system.addEventListener('change', show);
  show();
}

function read(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined;
  }
}
