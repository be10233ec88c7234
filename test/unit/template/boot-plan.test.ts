import { expect } from 'chai';
import { planInstaller, type BootPlan, type BootQuestion } from '../../../src/boot/boot-plan.js';
import { renderIpxe } from '../../../src/boot/render-ipxe.js';
import type { ProfileConfig } from '../../../src/config/schema.js';
import type { HostState } from '../../../src/host/lifecycle.js';
import { createTemplates } from '../../../src/template/catalog.js';
import { machineUrls, templateContext } from '../../../src/template/context.js';
import { sampleConfig, sampleContext, sampleHost, TemplateFolder } from './template-folder.js';

describe('the plan of what a machine boots', () => {
  const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
  const config = sampleConfig();
  const [profile] = config.profiles as [ProfileConfig];
  const ofKind = <Kind extends BootPlan['kind']>(plan: BootPlan | null, kind: Kind) => {
    if (plan?.kind !== kind) throw new TypeError(`a plan of kind ${plan?.kind}`);
    return plan as Extract<BootPlan, { kind: Kind }>;
  };

  const cases: {
    template: string;
    state: HostState;
    mode?: ProfileConfig['mode'];
    asked?: Pick<BootQuestion, 'platform' | 'obstacle'>;
  }[] = [
    { template: 'install.ipxe', state: 'configured', mode: 'two-stage' },
    { template: 'install.ipxe', state: 'installing', mode: 'direct-ignition' },
    { template: 'install.ipxe', state: 'configured', mode: 'diskless' },
    { template: 'local-disk.ipxe', state: 'running', asked: { platform: 'pcbios' } },
    { template: 'local-disk.ipxe', state: 'installed', asked: { platform: 'efi' } },
    { template: 'wait.ipxe', state: 'configured', asked: { obstacle: 'no ${kernel} || reboot' } },
  ];
  for (const { template, state, mode = 'two-stage', asked } of cases) {
    it(`is what ${template} renders of a machine that is ${state}: ${mode} ${JSON.stringify(asked ?? {})}`, () => {
      const context = sampleContext({ host: { ...sampleHost, state }, profile: { ...profile, mode } }, asked);
      expect(templates.render(template, context)).to.equal(context.plan && renderIpxe(context.plan));
    });
  }

  it('is what ipxebootscript.ipxe renders for whoever asks', () => {
    const plan = planInstaller(profile, machineUrls(config, undefined, profile));
    const text = templates.render('ipxebootscript.ipxe', templateContext({ config, profile, plan }));
    expect(text).to.equal(renderIpxe(plan));
  });

  describe('in a template of one’s own', () => {
    let folder: TemplateFolder;
    afterEach(() => folder.remove());
    const render = (text: string, context = sampleContext()) => {
      folder = new TemplateFolder({ 'own.ipxe': text });
      return folder.templates.render('own.ipxe', context);
    };
    const kernelLine = (text: string) => text.split('\n').find((line) => line.startsWith('kernel '));

    it('can be read field by field', () => {
      const context = sampleContext();
      const text = render(
        '#!ipxe\nkernel {{ plan.kernel | ipxe }}{% for one in plan.arguments %} {{ one.text | ipxeArguments }}{% endfor %}\n',
        context,
      );
      const { kernel, arguments: words } = ofKind(context.plan, 'kernel');
      expect(kernelLine(text)).to.equal(`kernel ${kernel} ${words.map((one) => one.text).join(' ')}`);
    });

    it('takes the arguments of another system, which iPXE may complete, before the operator’s', () => {
      const context = sampleContext({ profile: { ...profile, mode: 'direct-ignition' } });
      const text = render("#!ipxe\n{{ plan | ipxePlan(['a=${mac}', 'b'], 'http://h/again') }}\n", context);
      expect(kernelLine(text)).to.match(/ next-script=\S+ a=\$\{mac\} b console=ttyS0 \|\| goto failed$/);
      expect(text).to.include('chain --replace --autofree http://h/again || goto failed');
    });

    const faults = [
      {
        name: 'a place within a line',
        text: 'echo {{ plan | ipxePlan }}',
        want: /own\.ipxe:1: the commands of a plan stand on lines of their own/,
      },
      {
        name: 'something else for a plan',
        text: '{{ host | ipxePlan }}',
        want: /own\.ipxe:1: a value for \| ipxePlan is no plan/,
      },
      {
        name: 'an argument that would end the command',
        text: "{{ plan | ipxePlan(['||']) }}",
        want: /would end the iPXE command/,
      },
    ];
    for (const { name, text, want } of faults)
      it(`refuses ${name}`, () => expect(() => render(text)).to.throw(want));
  });
});
