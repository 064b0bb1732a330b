import type { Shape } from '../../config/sinks/webhook-shapes.ts';
import { alertmanager } from './alertmanager.ts';
import type { Format } from './format.ts';
import { gotify } from './gotify.ts';
import { matrix } from './matrix.ts';
import { ntfy } from './ntfy.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { slackText } from './slack-text.ts';
import { standard } from './standard.ts';
import { teams } from './teams.ts';
import { telegram } from './telegram.ts';

/** A shape of the configuration without an entry does not compile. */
export const FORMATS: { readonly [Name in Shape]: Format } = {
  standard,
  slack,
  'slack-text': slackText,
  teams,
  ntfy,
  gotify,
  telegram,
  matrix,
  alertmanager,
  pagerduty,
};
