-- The figures of seats and of the requests for them, from the views that define them.

-- name: fill_rates
-- The fill rate of every seat now, with its target.
select slot_type, seats, filled, weak, fill_rate, target, is_met from seat_fill_rates order by slot_type

-- name: seats_by_status
-- How many seats are in which state.
select status, count(*) as seats from company_slot group by status

-- name: fill_rates_on
-- The fill rate of every seat at the end of each of :days (UTC).
select day, slot_type, fill_rate from seat_fill_rates_daily where day = any(cast(:days as date[]))

-- name: request_kpis
-- What requests have come to, by period, with targets.
select period, kpi, part, whole, value, target, is_met from seat_request_kpis
