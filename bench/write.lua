-- Replaces a random issue's scan with a new document.
local headers = {
    ["Authorization"] = "Bearer " .. os.getenv("KEY"),
    ["Content-Type"] = "application/json",
}
local rest = string.sub(os.getenv("FINDING"), 2)

function request()
    local body = '{"repository":"octo/bench","issue_number":' .. math.random(1000)
        .. ',"phase":"scan","data":{"run":' .. math.random(1000000000) .. "," .. rest .. "}"
    return wrk.format("POST", "/api/v1/phase_data", headers, body)
end

-- On average so many milliseconds between an answer and the next request, never in step with the others.
local pause = tonumber(os.getenv("DELAY") or 0)
if pause > 0 then
    function delay()
        return math.floor(math.random() * 2 * pause + 0.5)
    end
end
