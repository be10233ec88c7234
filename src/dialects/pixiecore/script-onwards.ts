import { ipxeWord } from '../../boot/render-ipxe.js';

/** A script that goes on with another one, and asks again where that does not come. @throws UnfitValue */
export function scriptOnwards(url: string): string {
  return [
    '#!ipxe',
    ':again',
    `chain --replace --autofree ${ipxeWord(url)} || goto unanswered`,
    '',
    ':unanswered',
    `echo imago: no answer from ${ipxeWord(url)}, asking again in 5 seconds`,
    'sleep 5',
    'goto again',
    '',
  ].join('\n');
}
