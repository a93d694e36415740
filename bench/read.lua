-- Reads a random issue.
local headers = { ["Authorization"] = "Bearer " .. os.getenv("KEY") }

function request()
    return wrk.format("GET", "/api/v1/phase_data/octo/bench/" .. math.random(1000), headers)
end
