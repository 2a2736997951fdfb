import type { Policy } from '../types.js';
import { every } from './every.js';
import { GuestWatch } from './guest-watch.js';
import { KsmtunedDaemon } from './ksmtuned-daemon.js';
import { ksmtunedScript } from './ksmtuned-package.js';

/**
 * Threshold of free memory in per cent of all memory. With all of it, the rule's condition (committed + threshold >= total)
 * holds on every host, and free memory is always below the threshold: each look adds KSM_NPAGES_BOOST, up to the maximum.
 */
const FORCED = { KSM_THRES_COEF: '100' };
const LOOK_MS = 1_000;

/**
 * Debian's script as it comes. It starts KSM when the resident memory of all guests reaches four fifths of the host's, or
 * when less than a fifth of it is free: with guests as small as the bench's it finds no reason to.
 * Guests are processes whose command line matches `^qemu-system.*-enable-kvm`.
 *
 * It is told of each guest that starts or ends, as its header asks for, and once at the start of the window, since it
 * would else sleep through its first minute. Debian ships nothing that tells it: a better case than in the field.
 */
export const ksmtuned = ksmtunedWith('ksmtuned', "Debian's ksmtuned, under its own trigger conditions", {}, 'told');

/**
 * The same script, with the setting above in the place of its configuration file. On a host with 16 GiB or more: 300 pages
 * each 10 ms at first, 300 more with each look, 1250 at most; `fixed:1250/10` is where it ends.
 */
export const ksmtunedForced = ksmtunedWith(
  'ksmtuned-forced',
  "Debian's ksmtuned, as on a host short of memory",
  FORCED,
  'told',
);

/**
 * Proxmox VE patches the same script (debian/patches of github.com/proxmox/ksm-control-daemon): KSM_SLEEP_MSEC=100, and
 * SIGUSR1 does not wake it any more. That it counts processes named `kvm` by their proportional set size makes no
 * difference here, where the condition is forced. One look at the start of the window, then one each minute.
 */
export const proxmox = ksmtunedWith(
  'proxmox',
  "Proxmox VE's ksmtuned settings, as on a host short of memory",
  { ...FORCED, KSM_SLEEP_MSEC: '100' },
  'not told',
);

function ksmtunedWith(
  name: string,
  title: string,
  settings: Readonly<Record<string, string>>,
  guests: 'told' | 'not told',
): Policy {
  return {
    name,
    title,
    async obstacle() {
      const script = await ksmtunedScript();
      return 'why' in script ? script.why : undefined;
    },
    async start({ signal }) {
      const script = await ksmtunedScript();
      if ('why' in script) throw new Error(script.why);
      const daemon = await KsmtunedDaemon.start(script.path, settings);
      daemon.retune();
      const watch = new GuestWatch();
      watch.look();
      const look = (): void => {
        const { started, ended } = watch.look();
        if (started + ended > 0) daemon.retune();
      };
      const telling = guests === 'told' ? every(LOOK_MS, signal, look) : undefined;
      return {
        async stop() {
          await telling?.stop();
          await daemon.stop();
        },
      };
    },
  };
}
