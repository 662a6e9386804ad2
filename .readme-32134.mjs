import { profile } from '@probekit/profile';

for await (const report of profile({ frequency: 99, duration: 10 })) {
  if (report.type === 'stacks') console.log(report.entries.at(-1));
  if (report.type === 'summary') console.log(report.events, report.lost);
}
