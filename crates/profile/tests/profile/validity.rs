//! Begin and end of certificates.

use tpm2ca_profile::{IssuerView, Plan, Refusal, Request};
use tpm2ca_x509::Validity;

use crate::setup::*;

/// Plans a client certificate with changes to request and issuer.
fn client(change: impl FnOnce(&mut Request<'_>, &mut IssuerView<'_>)) -> Result<Plan, Refusal> {
    let subject = name("/CN=Alice");
    let (mut request, mut issuer) = (request(&subject, &[]), issuer());
    change(&mut request, &mut issuer);
    built_in("client").plan(&request, Some(&issuer))
}

fn times(plan: &Plan) -> (i64, i64) {
    let Validity {
        not_before,
        not_after,
    } = plan.validity();
    (not_before - now(), not_after - now())
}

#[test]
fn days_count_from_now() {
    assert_eq!(times(&client(|_, _| {}).unwrap()), (-300, 90 * DAY));
    assert_eq!(
        times(&client(|request, _| request.days = Some(7)).unwrap()),
        (-300, 7 * DAY)
    );
    // From the begin, where one is asked for.
    let plan = client(|request, _| {
        request.not_before = Some(now() + 10 * DAY);
        request.days = Some(7);
    });
    assert_eq!(times(&plan.unwrap()), (10 * DAY, 17 * DAY));
    let plan = client(|request, _| request.not_after = Some(now() + 1000));
    assert_eq!(times(&plan.unwrap()), (-300, 1000));
    let profiles = profiles("[profile.client]\nbackdate = 0");
    let subject = name("/CN=Alice");
    let plan = profiles
        .get("client")
        .unwrap()
        .plan(&request(&subject, &[]), Some(&issuer()))
        .unwrap();
    assert_eq!(times(&plan), (0, 90 * DAY));
}

#[test]
fn limits_of_the_profile() {
    let days = |days, min, max| Refusal::Days {
        days,
        min,
        max,
        profile: "client".into(),
    };
    assert_eq!(
        client(|request, _| request.days = Some(826)),
        Err(days(826, 1, 825))
    );
    assert_eq!(
        client(|request, _| request.days = Some(0)),
        Err(days(0, 1, 825))
    );
    assert!(client(|request, _| request.days = Some(825)).is_ok());
    assert!(client(|request, _| request.not_after = Some(now() + 825 * DAY)).is_ok());
    assert_eq!(
        client(|request, _| request.not_after = Some(now() + 825 * DAY + 1)),
        Err(days(826, 1, 825))
    );
    assert_eq!(
        client(|request, _| request.days = Some(u32::MAX)),
        Err(days(i64::from(u32::MAX), 1, 825))
    );
    let refusal = client(|request, _| request.days = Some(1000)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "1000 days were asked for, profile `client` gives 1 to 825"
    );
    assert!(
        refusal
            .hint()
            .unwrap()
            .contains("set max_days = 1000 in `[profile.client]`")
    );
    assert_eq!(
        client(|request, _| {
            request.days = Some(1);
            request.not_after = Some(now() + DAY);
        }),
        Err(Refusal::DaysAndEnd)
    );
}

#[test]
fn nothing_outlives_its_issuer() {
    let plan = client(|_, issuer| issuer.not_after = now() + 10 * DAY).unwrap();
    assert_eq!(times(&plan), (-300, 10 * DAY));
    assert_eq!(
        plan.notes(),
        [
            "the validity was cut to 2026-12-03T12:00:00Z instead of 2027-02-21T12:00:00Z: the issuer's certificate ends then"
        ]
    );
    // The backdate is cut silently, a begin that was asked for is not.
    let plan = client(|_, issuer| issuer.not_before = now() - 10).unwrap();
    assert_eq!((times(&plan).0, plan.notes().len()), (-10, 0));
    let plan = client(|request, issuer| {
        issuer.not_before = now() - 10;
        request.not_before = Some(now() - 20);
    })
    .unwrap();
    assert_eq!(times(&plan).0, -10);
    assert_eq!(
        plan.notes(),
        [
            "the validity begins at 2026-11-23T11:59:50Z, not at 2026-11-23T11:59:40Z: the issuer's certificate begins then"
        ]
    );
}

#[test]
fn issuers_that_are_not_valid_now() {
    let refusal = client(|_, issuer| issuer.not_after = now() - 1).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the issuer's certificate expired at 2026-11-23T11:59:59Z, it is 2026-11-23T12:00:00Z now"
    );
    let refusal = client(|_, issuer| issuer.not_before = now() + 1).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::IssuerNotYetValid {
            not_before: now() + 1,
            now: now()
        }
    );
    assert!(client(|_, issuer| issuer.not_after = now()).is_ok());
}

#[test]
fn times_that_make_no_certificate() {
    let empty = client(|request, _| {
        request.not_before = Some(now() + 5);
        request.not_after = Some(now() + 5);
    });
    assert_eq!(
        empty,
        Err(Refusal::ValidityEmpty {
            not_before: now() + 5,
            not_after: now() + 5
        })
    );
    assert!(matches!(
        client(|request, issuer| request.not_before = Some(issuer.not_after)),
        Err(Refusal::ValidityEmpty { .. })
    ));
    // The whole range of the type, without a panic.
    for time in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        for other in [None, Some(i64::MIN), Some(0), Some(i64::MAX)] {
            let outcome = client(|request, _| {
                request.not_before = Some(time);
                request.not_after = other;
            });
            if let Ok(plan) = outcome {
                assert!(
                    plan.validity().not_before >= issuer().not_before,
                    "{time} {other:?}"
                );
            }
        }
        let subject = name("/CN=Root");
        let asked = Request {
            now: time,
            ..request(&subject, &[])
        };
        let outcome = built_in("root").plan(&asked, None);
        assert_eq!(outcome.is_ok(), (-1..=0).contains(&time), "{time}");
    }
}

#[test]
fn an_end_in_the_past_is_told() {
    let plan = client(|request, _| {
        request.not_before = Some(now() - 10 * DAY);
        request.not_after = Some(now() - DAY);
    });
    assert_eq!(
        plan.unwrap().notes(),
        ["the certificate has expired already, at 2026-11-22T12:00:00Z"]
    );
}
