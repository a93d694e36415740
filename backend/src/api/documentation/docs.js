'use strict';

// Changes of the contract that only this page needs.
function forThisPage(contract) {
  // The operations that users come for are the first in the contract; their tags follow them.
  const operations = Object.values(contract.paths).flatMap((path) => Object.values(path));
  const order = operations.flatMap((operation) => operation.tags);
  contract.tags.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  operations.forEach((operation) => (operation.parameters ?? []).forEach((parameter) => emptyUnlessRequired(contract, parameter)));
  // An API key is a bearer token first.
  const schemes = contract.components.securitySchemes;
  const usual = operations[0].security.flatMap(Object.keys).map((name) => [name, schemes[name]]);
  contract.components.securitySchemes = { ...Object.fromEntries(usual), ...schemes };
  // The page's own address, whichever name the reader knows the backend by.
  const prefix = location.pathname.match(/^(.*)\/docs\/?$/);
  if (prefix) contract.servers = [{ url: prefix[1] || '/' }];
  // The first paragraph says what this is. The others are for later.
  const [first, ...others] = contract.info.description.split('\n\n');
  const more = `<details><summary>Identity, errors, limits, caches</summary>\n\n${others.join('\n\n')}\n\n</details>`;
  contract.info.description = `${first}\n\n${more}`;
  return contract;
}

// Swagger UI fills in each example and sends it. A precondition that nobody typed would fail with 412.
function emptyUnlessRequired(contract, given) {
  const parameter = resolved(contract, given);
  if (parameter.required) return;
  const { example, default: _, ...schema } = resolved(contract, parameter.schema);
  parameter.schema = schema;
  if (example !== undefined && !parameter.description.includes(example))
    parameter.description += ` For example \`${example}\`.`;
}

// The target of a reference.
function resolved(contract, value) {
  return value.$ref ? value.$ref.slice(2).split('/').reduce((at, part) => at[part], contract) : value;
}

SwaggerUIBundle({
  dom_id: '#ui',
  spec: forThisPage(JSON.parse(document.getElementById('contract').textContent)),
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Nothing is sent to a validator on another host.
  validatorUrl: 'none',
});
