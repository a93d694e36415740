-- Reads a random issue.
local headers = { ["Authorization"] = "Bearer " .. os.getenv("KEY") }

function request()
    return wrk.format("GET", "/api/v1/phase_data/octo/bench/" .. math.random(1000), headers)
end

-- On average so many milliseconds between an answer and the next request, never in step with the others.
local pause = tonumber(os.getenv("DELAY") or 0)
if pause > 0 then
    function delay()
        return math.floor(math.random() * 2 * pause + 0.5)
    end
end
