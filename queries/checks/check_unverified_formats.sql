-- Sources whose format is a guess at its layout: nobody has held it to a real file yet.
--
-- severity: warn
-- because:  compare a day of the source with the provider's own counts before its numbers are used
select source, format
from sources
where format_status = 'unverified'
