//! Tests that every implementation of [`Store`](tpm2ca_store::Store) passes, whatever its database.
//!
//! A test is a function of a constructor of an empty database. To run all of them for another database, add a module like
//! `sqlite` to the macro.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ca_names;
mod claims;
mod database;
#[path = "../fixture/mod.rs"]
mod fixture;
mod index;
mod lifecycle;
mod model;
mod sqlite;
mod threads;

macro_rules! suite {
    ($($module:ident: $($test:ident),+;)+) => {
        mod on_sqlite {
            $(mod $module {
                $(#[test]
                fn $test() {
                    crate::$module::$test(crate::database::sqlite);
                })+
            })+
        }
    };
}

suite! {
    lifecycle:
        issued_certificate_is_found_by_its_serial,
        status_depends_on_the_time,
        a_serial_is_used_once_for_each_issuer,
        a_serial_fits_rfc_5280,
        a_certificate_must_fit_its_reservation,
        a_released_reservation_is_void,
        a_refusal_leaves_an_audit_entry_only,
        revocation_is_once_and_for_ever,
        a_hold_is_lifted_or_made_final,
        a_reservation_can_be_revoked_and_is_then_closed_to_its_signer,
        list_filters_and_pages,
        crl_numbers_rise_and_are_recorded_once,
        an_expired_certificate_is_on_one_crl_after_its_end,
        issuers_are_kept_with_their_certificates;
    model:
        agrees_with_the_model;
    index:
        rows_are_taken_in_once_and_checked_like_everything_else,
        what_others_revoke_is_learned_and_logged,
        what_is_done_here_is_pending_until_it_is_written,
        a_native_ca_has_nothing_pending,
        subjects_that_are_listed_as_valid_are_found,
        crl_entries_come_in_the_order_of_their_numbers,
        a_note_goes_with_its_revocation,
        rows_that_break_off_leave_nothing_behind;
    ca_names:
        the_name_of_an_issuer,
        the_name_of_a_ca_in_the_records,
        what_was_never_signed_has_no_name,
        the_ca_above_an_issuer,
        of_many_at_once_one_gets_the_name,
        cas_of_an_index_txt;
    threads:
        of_many_who_want_a_serial_one_gets_it,
        one_failure_in_a_batch_hurts_nobody_else,
        a_crl_does_not_change_while_others_revoke,
        of_many_who_want_a_token_as_many_get_it_as_it_has_uses;
    claims:
        a_claim_is_reserved_undone_and_completed_with_its_reservation,
        claims_outlive_a_process_that_leaves_them_open,
        a_token_is_good_for_its_uses_until_its_end,
        a_certificate_is_renewed_once_at_a_time,
        a_reservation_that_fails_claims_nothing,
        evidence_is_kept_beside_the_certificate;
}
