import type { Missing } from '@probekit/core';
import type { Diagnosis } from './diagnosis.js';

/** A diagnosis as one line of JSON; schema/doctor.schema.json describes it. */
export function json(diagnosis: Diagnosis, version: string): string {
  const { kernel, arch, facts, settings, capabilities, tools } = diagnosis;
  const record = {
    type: 'doctor',
    version,
    kernel,
    arch,
    facts: facts.map(({ name, limits, missing }) => ({
      name,
      ok: !missing,
      limits,
      ...(missing ? { missing: lack(missing) } : {}),
    })),
    settings: {
      lockdown: settings.lockdown,
      perf_event_paranoid: settings.perfEventParanoid,
      kptr_restrict: settings.kptrRestrict,
    },
    capabilities: {
      held: capabilities.held,
      lacking: capabilities.lacking,
      user_namespace: capabilities.userNamespace,
    },
    tools: tools.map(({ tool, version, plan, plans }) => ({
      tool,
      version,
      ok: plan !== null,
      plan,
      plans: plans.map(({ name, ok, capabilities, missing }) => ({
        name,
        ok,
        taken: name === plan,
        capabilities,
        ...(missing ? { missing: { need: missing.need, ...lack(missing) } } : {}),
      })),
    })),
  };
  return `${JSON.stringify(record)}\n`;
}

function lack({ code, why, capabilities }: Omit<Missing, 'need'>) {
  return { code, why, capabilities };
}
