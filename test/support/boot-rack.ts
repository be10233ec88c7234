/**
 * Plays the HTTP side of so many machines at once: `boot-rack.js URL COUNT [FIRST]`. Each call is made twice, as if its first answer
 * had been lost. Prints what was not answered as it should have been, one line each.
 */
const [, , url = '', count = '0', first = '0'] = process.argv;

async function expectStatus(status: number, path: string, request: RequestInit = {}): Promise<void> {
  const answer = await fetch(url + path, request);
  const text = await answer.text();
  if (answer.status !== status)
    console.log(`${request.method ?? 'GET'} ${path}: ${answer.status} ${text.slice(0, 200)}`);
}

async function boot(number: number): Promise<void> {
  const serial = `RACK-${number}`;
  const mac = `52:54:00:00:01:${number.toString(16).padStart(2, '0')}`;
  const report = JSON.stringify({
    Serial: serial,
    NetDevs: [{ Name: 'eth0', MacAddress: mac }],
    IPMIAddress: '',
    ConnectedNIC: 'eth0',
  });
  const put = { method: 'PUT', body: '{}' };
  const calls: [status: number, path: string, request?: RequestInit][] = [
    [200, `/ipxe?serial=${serial}&mac=${mac.replaceAll(':', '-')}&platform=pcbios`],
    [200, `/images/${serial}/vmlinuz`],
    [200, `/first-stage-script/${serial}`],
    [200, '/final-ignition-config.json', { method: 'POST', body: report }],
    [204, `/report/${serial}/write`, { method: 'POST', body: 'half of it' }],
    [202, `/admin/host/${serial.toLowerCase()}/set_installed`, { method: 'PUT' }],
    [202, `/admin/host/${serial.toLowerCase()}/boot_complete`, put],
  ];
  for (const [status, path, request] of calls) {
    await expectStatus(status, path, request);
    await expectStatus(status, path, request);
  }
}

await Promise.all(Array.from({ length: Number(count) }, (_, number) => boot(Number(first) + number)));
