/** The views of the page, in the order of the navigation; the first is shown where the address names none. */

import type { View } from '../view.js';
import { fleetView } from './fleet/fleet.js';
import { breaksView } from './breaks/breaks.js';
import { guestsView } from './guests/guests.js';
import { hostView } from './host/host.js';
import { overviewView } from './overview/overview.js';
import { scannerView } from './scanner/scanner.js';
import { tunerView } from './tuner/tuner.js';

export const VIEWS: readonly View[] = [
  overviewView,
  scannerView,
  breaksView,
  guestsView,
  tunerView,
  hostView,
  fleetView,
];
