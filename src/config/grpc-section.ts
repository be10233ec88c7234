import { z } from 'zod';
import { ipv4, port } from './values.js';

const pem = (what: string) => z.string().min(1).describe(`A file in PEM: ${what}`);
const certificate = pem(
  'the server’s certificate, and those between it and its CA. Replaced files hold from the next connection on, and from the next call of one that is open once a second has passed since they were last looked at, as those of `key` and `clientCa` do.',
);
const key = pem('its key, which imago’s user has to be able to read.');
const clientCa = pem('the CA whose certificates callers have to show.');
const address = ipv4.optional().describe('Where it is listened at. Without it network.serverAddress.');

export const matchboxGrpcSection = z
  .strictObject({ port: port.default(8081), address, certificate, key, clientCa })
  .optional()
  .describe(
    'Matchbox’s API by gRPC, over mutual TLS (`-rpc-address`, `-cert-file`, `-key-file`, `-ca-file`). Without this section it is off. Changes are signed with the common name of the caller’s certificate.',
  );

export const pxeInitGrpcSection = z
  .strictObject({
    port: port.default(5000),
    address,
    certificate: certificate.optional(),
    key: key.optional(),
    clientCa: clientCa.optional(),
    trusted: z
      .boolean()
      .default(false)
      .describe(
        'Whoever reaches the port commands, since nothing has to prove who calls: for a network that nobody else reaches.',
      ),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    path: ['key'],
    message: 'goes with certificate: write both, or none for a listener without TLS',
  })
  .refine(({ certificate, clientCa }) => clientCa === undefined || certificate !== undefined, {
    path: ['clientCa'],
    message: 'is of no use without TLS: write certificate and key as well',
  })
  .refine(({ clientCa, trusted }) => clientCa !== undefined || trusted, {
    message:
      'without clientCa nothing proves who calls: write certificate, key and clientCa, or trusted: true where only operators reach the port',
  })
  .refine(({ clientCa, trusted }) => clientCa === undefined || !trusted, {
    path: ['trusted'],
    message: 'is of no use with clientCa, by which callers prove who they are: leave one of them out',
  })
  .optional()
  .describe(
    'Pxe-init’s API by gRPC (`proto/imago/pxe_init.proto`). Without this section it is off. With `clientCa` it is mutual TLS, and changes are signed with the common name of the caller’s certificate; else it takes `trusted`, and they are signed with the address of whoever calls.',
  );
