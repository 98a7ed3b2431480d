// Pages of the tracking service.
function render(code) {
  const heading = `<h1>Delivery ${code}</h1>`;
  return "<!doctype html><title>Tracking</title>" + heading;
}

module.exports = { render };
